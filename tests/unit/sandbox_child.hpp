// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn {

// Runs `body` in a child process that can gain no privileges: 0 to 255 what it returns, 256 + n killed by signal n.
template <typename Body>
int in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    _exit(body());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

// errno of a call, 0 if it went well.
inline int error_number(long result) {
  return result < 0 ? errno : 0;
}

}  // namespace fn
