// SPDX-License-Identifier: Apache-2.0
#include "sandbox/init_protocol.hpp"
#include "sandbox/launch.hpp"

#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

namespace fn::sandbox {
namespace {

constexpr char init_name[] = "fn-init";

void check(Launch& launch, const char* step, long result) {
  if (result < 0) launch.give_up({.step = step, .error = static_cast<int>(-result)});
}

// The maker may have been killed before PR_SET_PDEATHSIG, which then does nothing; its parent's id tells nothing to the
// first process of a namespace. With our copy closed the maker has the only end of the pipe to read from.
void leave_if_alone(const Launch& launch) {
  raw_syscall(SYS_close, launch.result_read);
  pollfd watched{launch.result_write, 0, 0};
  const timespec at_once{0, 0};
  if (raw_syscall(SYS_ppoll, &watched, 1, &at_once, nullptr, 0) > 0) raw_syscall(SYS_exit_group, 1);
}

// Never to come back: the next thing that this process does is init's.
[[noreturn]] void become_init(Launch& launch) {
  // Out of the way of the numbers that init knows.
  const long result = raw_syscall(SYS_fcntl, launch.result_write, F_DUPFD_CLOEXEC, 16);
  const long go = raw_syscall(SYS_fcntl, launch.go_write, F_DUPFD_CLOEXEC, 16);
  const long image = raw_syscall(SYS_fcntl, launch.init_image, F_DUPFD_CLOEXEC, 16);
  for (const long fd : {result, go, image}) check(launch, "duplicate a descriptor", fd);
  check(launch, "give init its pipe", raw_syscall(SYS_dup3, result, init_result_fd, 0));
  check(launch, "give init its pipe", raw_syscall(SYS_dup3, go, init_go_fd, 0));
  raw_syscall(SYS_close_range, 0, 2, 0);
  raw_syscall(SYS_close_range, init_go_fd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const bool idle = launch.plan.spec.idle;
  const char* argv[] = {init_name, idle ? init_idle : nullptr, nullptr};
  const char* envp[] = {nullptr};
  launch.init_times.add("ready for init");
  check(launch, "start init", raw_syscall(SYS_execveat, image, "", argv, envp, AT_EMPTY_PATH));
  __builtin_unreachable();
}

}  // namespace

long start_first_process(Launch& launch, unsigned long flags, void* stack_top, int& pidfd) {
  clone_args arguments{};
  arguments.flags = flags | CLONE_VM | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  if ((flags & CLONE_PARENT) == 0) arguments.exit_signal = SIGCHLD;
  if (launch.cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(launch.cgroup);
  }
  return raw_clone3(arguments, stack_top, first_process, &launch);
}

void start_command(Launch& launch) {
  launch.has_command = true;
  launch.ids.wait();
  for (const Operation& operation : launch.plan.setup) {
    const bool concerns_groups = operation.step == Step::join_cgroups || operation.step == Step::cgroup_namespace;
    if (concerns_groups) launch.judge(operation, set_up(launch, operation));
  }
  launch.init_times.add("join groups");
  if (launch.plan.spec.idle) return;
  clone_args arguments{};
  arguments.flags = CLONE_VM;
  arguments.exit_signal = SIGCHLD;
  const long pid = raw_clone3(arguments, launch.command_stack, command_process, &launch);
  check(launch, "start the second process", pid);
  launch.init_times.add("second process");
}

void Launch::give_up(const Failure& why) {
  // The first to fail has the cause.
  if (!failing.exchange(true)) {
    failure = why;
    failed.store(true, std::memory_order_release);
  }
  root.open();
  for (;;) raw_syscall(SYS_exit_group, 127);
}

void Launch::judge(const Operation& operation, long result) {
  if (result >= 0) return;
  if (!operation.optional) give_up({.operation = &operation, .error = static_cast<int>(-result)});
  fell[static_cast<std::size_t>(operation.wall)].store(true, std::memory_order_relaxed);
}

void first_process(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  leave_if_alone(launch);
  launch.init_times.add("clone");
  build(launch);
  become_init(launch);
}

}  // namespace fn::sandbox
