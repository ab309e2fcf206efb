// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sys {

// A child process, held by pidfd (by pid on kernels before 5.3). Killed and reaped by the destructor unless waited for.
class Process {
 public:
  struct Options {
    int stdin_fd = -1;                     // becomes fd 0; -1: /dev/null
    int stdout_fd = -1;                    // becomes fd 1; -1: inherited
    int stderr_fd = -1;                    // becomes fd 2; -1: inherited
    std::vector<std::string> environment;  // "NAME=value"; the complete environment
  };

  // Starts `argv[0]` (a path, no search). A failure between fork and exec comes back over a pipe as an Error that names
  // the step. The child inherits no other descriptor.
  static Process spawn(const std::vector<std::string>& argv, const Options& options);

  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  // Waits for the end. Returns the exit code, 0 to 255, or 256 + n if signal n killed it.
  int wait();

 private:
  explicit Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  Fd pidfd_;
};

// Our own environment, for a child: "NAME=value".
std::vector<std::string> environment();

// The path of one of our programs in libexec: FN_LIBEXEC if set, `../libexec/fn/NAME` beside the running binary, or the
// build tree's. Throws failure with a hint if it does not exist.
std::string helper_path(const std::string& name);

// Throws unsupported if this process has the rights of its program file's owner, or of the file's capabilities: the
// environment and the state would be untrusted input then (CVE-2020-5291). `tool` is for the message.
void refuse_foreign_rights(std::string_view tool);

}  // namespace fn::sys
