// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fn {

// Puts a process into control groups, by their directories. Only what a child may do after a fork.
inline bool attach(const std::vector<std::string>& groups, pid_t pid) {
  for (const std::string& group : groups) {
    const int fd = open((group + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    const std::string text = std::to_string(pid);
    const bool written = fd >= 0 && write(fd, text.data(), text.size()) == ssize_t(text.size());
    close(fd);
    if (!written) return false;
  }
  return true;
}
inline bool join(const std::vector<std::string>& groups) {
  return attach(groups, 0);
}

// A child that runs `body` and ends with the code that it returns. It does not outlive the test: killed and reaped by
// the destructor, and with its parent.
class Forked {
 public:
  template <typename Body>
  explicit Forked(const Body& body) {
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(98);  // it was gone before that
    int code = 99;                       // an exception
    try {
      code = body();
    } catch (...) {
      _exit(code);
    }
    _exit(code);
  }
  Forked(Forked&&) = delete;
  Forked& operator=(Forked&&) = delete;
  ~Forked() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  pid_t pid() const { return pid_; }
  // 0 to 255 the exit code, 256 + n killed by signal n.
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace fn
