// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cerrno>
#include <string>
#include <utility>

namespace fn::sys {

// Throws an Error for a failed system call: "WHAT: no space left on device". EACCES and EPERM are unsupported, all
// others failure; common ones carry a hint (ENOSPC, EROFS, EMFILE, EDQUOT, EACCES).
[[noreturn]] void fail_errno(int errno_value, const std::string& what);

// `result` if it is >= 0; otherwise fail_errno with errno, read before any other call.
template <typename T, typename... Args>
T check(T result, fmt::format_string<Args...> format, Args&&... args) {
  if (result < 0) {
    const int saved = errno;
    fail_errno(saved, fmt::format(format, std::forward<Args>(args)...));
  }
  return result;
}

// An owned file descriptor, or none. Every Fd is created with CLOEXEC.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Gives the descriptor away, still open.
  int release() { return std::exchange(fd_, -1); }
  void reset() noexcept;                // closes; errors are ignored
  void close(const std::string& name);  // closes and checks: throws failure
  // Another descriptor of the same open file, whose offset and locks it shares. Throws failure.
  Fd duplicate() const;

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};
Pipe make_pipe();

// Opens /dev/null on each of fds 0 to 2 that is closed. The first act of every main(): otherwise the next file
// that is opened becomes stdout and receives what is printed. What stands for stdout can't be written to, also by the
// programs that we become, so that an answer that nobody gets is an error.
void reopen_standard_streams();

}  // namespace fn::sys
