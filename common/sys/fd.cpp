// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.hpp"

#include "base/text.hpp"

#include <array>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace fn::sys {
namespace {

std::string hint_for(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
      return "free some space there, or use another file system";
    case EDQUOT:
      return "your disk quota is exceeded: free some space, or use another file system";
    case EROFS:
      return "use a file system that is mounted read-write";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files, for example with 'ulimit -n 4096'";
    case EACCES:
      return "check its owner and permissions, and those of the directories above";
    default:
      return {};
  }
}

std::string describe(int errno_value) {
  return lower_case(std::generic_category().message(errno_value));
}

}  // namespace

void fail_errno(int errno_value, const std::string& what) {
  const bool forbidden = errno_value == EACCES || errno_value == EPERM;
  fail_hint(forbidden ? Kind::unsupported : Kind::failure, hint_for(errno_value), "{}: {}", what,
            describe(errno_value));
}

void Fd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Fd::close(const std::string& name) {
  // On Linux the descriptor is gone even after EINTR, and what was written is on its way.
  if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) < 0 && errno != EINTR)
    fail_errno(errno, fmt::format("cannot write '{}'", printable(name)));
}

Fd Fd::duplicate() const {
  return Fd(check(fcntl(fd_, F_DUPFD_CLOEXEC, 3), "cannot duplicate a file descriptor"));
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "cannot create a pipe");
  return {.read = Fd(ends[0]), .write = Fd(ends[1])};
}

void reopen_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one, because those below are open by now.
    check(open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY), "cannot open '/dev/null'");
  }
}

}  // namespace fn::sys
