// SPDX-License-Identifier: Apache-2.0
// Process 1 of a sandbox, from clone to the execve that makes it init (../init/init.cpp). It runs on a stack of its
// own in the maker's memory, in the new namespaces, with copies of all the maker's descriptors.
//
//   leave_if_alone   the maker may be dead already
//   start_command    process 2, which builds the root and moves both of us there
//   do_beside        Plan::beside: a network namespace, the control groups
//   become_init      keeps two pipes, lets all other descriptors go, and executes the sealed image
//
// Whatever fails ends it through Launch::give_up. What must never happen here is in README.md.
#include "sandbox/child/first_process.hpp"

#include "sandbox/child/command_process.hpp"
#include "sandbox/child/end_process.hpp"
#include "sandbox/child/init_protocol.hpp"
#include "sandbox/child/set_up.hpp"
#include "sys/raw_syscall.hpp"

#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

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
  if (raw_syscall(SYS_ppoll, &watched, 1, &at_once, nullptr, 0) > 0) end_process(1);
}

void do_beside(Launch& launch, const Operation& operation) {
  const bool is_done =
      launch.pooled_network && (operation.step == Step::network_namespace || operation.step == Step::loopback);
  if (is_done) return;
  launch.judge(operation, set_up(launch, operation));
  launch.init_times.add(step_name(operation.step).data());
}

// Never to come back: the next thing that this process does is init's.
[[noreturn]] void become_init(Launch& launch) {
  // Out of the way of the numbers that init knows.
  const long result = raw_syscall(SYS_fcntl, launch.result_write, F_DUPFD_CLOEXEC, 16);
  const long go = raw_syscall(SYS_fcntl, launch.go_write, F_DUPFD_CLOEXEC, 16);
  const long image = raw_syscall(SYS_fcntl, launch.init_image, F_DUPFD_CLOEXEC, 16);
  for (const long fd : {result, go, image}) check(launch, "duplicate a descriptor", fd);
  check(launch, "hand init its pipe", raw_syscall(SYS_dup3, result, init_result_fd, 0));
  check(launch, "hand init its pipe", raw_syscall(SYS_dup3, go, init_go_fd, 0));
  raw_syscall(SYS_close_range, 0, 2, 0);
  raw_syscall(SYS_close_range, init_go_fd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const char* time = launch.init_time.empty() ? nullptr : launch.init_time.c_str();
  const char* argv[] = {init_name, launch.plan.spec.idle ? init_idle : time, nullptr};
  const char* envp[] = {nullptr};
  launch.init_times.add("prepare for init");
  check(launch, "start init", raw_syscall(SYS_execveat, image, "", argv, envp, AT_EMPTY_PATH));
  __builtin_unreachable();
}

void first_process(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  leave_if_alone(launch);
  launch.init_times.add("clone");
  // A directory of the host's would stay ours: pivot moves us only from the old root itself.
  raw_syscall(SYS_chdir, "/");
  start_command(launch);
  for (const Operation& operation : launch.plan.beside) do_beside(launch, operation);
  launch.beside.open();
  launch.ids.wait();
  become_init(launch);
}

}  // namespace

long start_first_process(Launch& launch, unsigned long flags, void* stack_top, int& pidfd) {
  clone_args arguments{};
  constexpr unsigned long made_later = CLONE_NEWNET;
  arguments.flags = (flags & ~made_later) | CLONE_VM | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  if ((flags & CLONE_PARENT) == 0) arguments.exit_signal = SIGCHLD;
  if (launch.cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(launch.cgroup);
  }
  return raw_clone3(arguments, stack_top, first_process, &launch);
}

}  // namespace fn::sandbox
