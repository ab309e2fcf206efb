// SPDX-License-Identifier: Apache-2.0
#include "sandbox/spawn_pooled.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

namespace fn::sandbox {
namespace {

constexpr unsigned long net = CLONE_NEWNET;
constexpr unsigned long user = CLONE_NEWUSER;

// The administrator's way: a thread may change its network namespace and come back.
long spawn_from_inside(Launch& launch, const Nursery& nursery, const Pooled& pooled, int& pidfd) {
  const sys::Fd own(
      static_cast<int>(raw_syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
  if (!own) return -ENOENT;
  // In a user namespace whose network is not its own there is no way back.
  if (const long back = raw_syscall(SYS_setns, own.get(), CLONE_NEWNET); back < 0) return back;
  if (const long entered = raw_syscall(SYS_setns, pooled.net.get(), CLONE_NEWNET); entered < 0) return entered;
  const long pid = start_first_process(launch, launch.plan.namespaces & ~net, nursery.first_stack(), pidfd);
  if (raw_syscall(SYS_setns, own.get(), CLONE_NEWNET) >= 0) return pid;
  if (pid > 0) raw_syscall(SYS_kill, pid, SIGKILL);
  if (pid > 0) raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  fail(Kind::internal, "cannot leave a network namespace");
}

struct Door {
  Launch& launch;
  const Nursery& nursery;
  const Pooled& pooled;
  long pid = -ENOENT;
  int pidfd = -1;
};

// A process that enters a user namespace can't leave it, and must have one thread. So one is made for that, which
// makes the first process its sister and ends. It shares our descriptors: that is where the pidfd goes.
void door_process(void* argument) {
  Door& door = *static_cast<Door*>(argument);
  const auto enter = [&](int fd, unsigned long kind) {
    door.pid = raw_syscall(SYS_setns, fd, kind);
    return door.pid >= 0;
  };
  if (enter(door.pooled.user.get(), CLONE_NEWUSER) && enter(door.pooled.net.get(), CLONE_NEWNET)) {
    const unsigned long flags = (door.launch.plan.namespaces & ~(net | user)) | CLONE_PARENT;
    door.pid = start_first_process(door.launch, flags, door.nursery.first_stack(), door.pidfd);
  }
  for (;;) raw_syscall(SYS_exit_group, 0);
}

long spawn_behind_door(Launch& launch, const Nursery& nursery, const Pooled& pooled, int& pidfd) {
  Door door{.launch = launch, .nursery = nursery, .pooled = pooled};
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
  arguments.exit_signal = SIGCHLD;
  const long pid = raw_clone3(arguments, nursery.door_stack(), door_process, &door);
  if (pid < 0) return pid;
  raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  pidfd = door.pidfd;
  return door.pid;
}

}  // namespace

long spawn_pooled(Launch& launch, const Nursery& nursery, const Pooled& pooled, int& pidfd) {
  launch.pooled_network = true;
  launch.has_ids = bool(pooled.user);
  const long pid = launch.has_ids ? spawn_behind_door(launch, nursery, pooled, pidfd)
                                  : spawn_from_inside(launch, nursery, pooled, pidfd);
  if (pid < 0) launch.pooled_network = launch.has_ids = false;
  return pid;
}

}  // namespace fn::sandbox
