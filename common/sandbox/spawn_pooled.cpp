// SPDX-License-Identifier: Apache-2.0
// Two ways into namespaces of the pool, both in the maker, with all signals blocked.
//
// An administrator's pool has network namespaces only. The thread enters one, starts the first process from there and
// comes back. Whether the way back is open is tried before. If it fails nevertheless the process is killed, and this is
// an error: the thread would do all its later work in a stranger's network.
//
// A user's pool has user namespaces as well, and who enters one can't come back. So a process is made for that alone
// (child/join_pooled.cpp): it enters both, starts the first process as its own sister, and so as our child, leaves pid
// and pidfd behind and ends. The maker is suspended meanwhile (CLONE_VFORK). If the namespaces can't be entered the
// launch is as it was, and the caller makes new ones.
#include "sandbox/spawn_pooled.hpp"

#include "sandbox/child/first_process.hpp"
#include "sandbox/child/join_pooled.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

namespace {

// The administrator's way: a thread may change its network namespace and come back.
long spawn_from_inside(Launch& launch, const ChildMemory& child_memory, const PooledNamespaces& pooled, int& pidfd) {
  const sys::Fd own(
      static_cast<int>(raw_syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
  if (!own) return -ENOENT;
  // In a user namespace whose network is not its own there is no way back.
  if (const long back = raw_syscall(SYS_setns, own.get(), CLONE_NEWNET); back < 0) return back;
  if (const long entered = raw_syscall(SYS_setns, pooled.net.get(), CLONE_NEWNET); entered < 0) return entered;
  const long pid = start_first_process(launch, launch.plan.namespaces, child_memory.first_stack(), pidfd);
  if (raw_syscall(SYS_setns, own.get(), CLONE_NEWNET) >= 0) return pid;
  if (pid > 0) raw_syscall(SYS_kill, pid, SIGKILL);
  if (pid > 0) raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  fail(Kind::internal, "cannot leave a network namespace");
}

long spawn_by_joining(Launch& launch, const ChildMemory& child_memory, const PooledNamespaces& pooled, int& pidfd) {
  JoinPooled joining{
      .launch = launch, .first_stack = child_memory.first_stack(), .user = pooled.user.get(), .net = pooled.net.get()};
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
  arguments.exit_signal = SIGCHLD;
  const long pid = raw_clone3(arguments, child_memory.joiner_stack(), join_pooled_process, &joining);
  if (pid < 0) return pid;
  raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  pidfd = joining.pidfd;
  return joining.pid;
}

}  // namespace

long spawn_pooled(Launch& launch, const ChildMemory& child_memory, const PooledNamespaces& pooled, int& pidfd) {
  launch.pooled_network = true;
  launch.has_ids = bool(pooled.user);
  const long pid = launch.has_ids ? spawn_by_joining(launch, child_memory, pooled, pidfd)
                                  : spawn_from_inside(launch, child_memory, pooled, pidfd);
  if (pid < 0) launch.pooled_network = launch.has_ids = false;
  return pid;
}

}  // namespace fn::sandbox
