// SPDX-License-Identifier: Apache-2.0
#include "sandbox/inside_sockets.hpp"

#include "sandbox/child/make_sockets.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/maker.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <sched.h>
#include <sys/wait.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

InsideSockets make_inside_sockets(int init_pidfd, unsigned long namespaces) {
  constexpr unsigned long joined = CLONE_NEWUSER | CLONE_NEWNET;
  MakeSockets making{.init_pidfd = init_pidfd, .namespaces = namespaces & joined};
  const ChildMemory child_memory;
  long pid = 0;
  {
    const SignalsBlocked blocked;
    clone_args arguments{};
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
    arguments.exit_signal = SIGCHLD;
    pid = raw_clone3(arguments, child_memory.first_stack(), make_sockets_process, &making);
    if (pid > 0) raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  }
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot start a process");
  if (making.ipv4 == -ESRCH) fail(Kind::not_found, "the sandbox has ended");
  if (making.ipv4 < 0)
    sys::fail_errno(static_cast<int>(-making.ipv4), "cannot make a socket in the network of the sandbox");
  return {.ipv4 = sys::Fd(static_cast<int>(making.ipv4)), .ipv6 = sys::Fd(static_cast<int>(making.ipv6))};
}

}  // namespace fn::sandbox
