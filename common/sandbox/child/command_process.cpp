// SPDX-License-Identifier: Apache-2.0
// Process 2 of a sandbox, or one that joined it later: builds the root (the later one finds it built), puts up the
// walls in the order of Plan::lockdown and becomes the command. Process 1 makes a network namespace meanwhile and
// becomes init. They meet twice: build_root() joins that namespace, and before Step::execute this one waits for the
// byte by which init says that it has closed itself up. Nothing of the image may run before both. In a sandbox without
// a command it ends there.
#include "sandbox/child/command_process.hpp"

#include "sandbox/child/build_root.hpp"
#include "sandbox/child/end_process.hpp"
#include "sandbox/child/lock_down.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <sched.h>
#include <sys/prctl.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

namespace {

// Over exec they would stay blocked. Our handlers went with CLONE_CLEAR_SIGHAND.
void unblock_signals() {
  const std::uint64_t none = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

// Over exec they would stay ignored, and CLONE_CLEAR_SIGHAND leaves them so.
void stop_ignoring_signals(const Launch& launch) {
  const sys::KernelSignalAction standard;
  for (int number = 1; number <= 64; ++number)
    if ((launch.ignored_signals >> (number - 1) & 1) != 0)
      raw_syscall(SYS_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);
}

// Nothing of the command runs before init has closed itself up.
void wait_for_init(Launch& launch) {
  char byte = 0;
  // The filter stands already; a profile of the user's may refuse even this.
  const long got = raw_syscall(SYS_read, launch.go_read, &byte, 1);
  if (got != 1) launch.give_up({.step = "wait for init", .error = got < 0 ? static_cast<int>(-got) : EPIPE});
}

}  // namespace

void start_command(Launch& launch) {
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_CLEAR_SIGHAND;
  arguments.exit_signal = SIGCHLD;
  const long pid = raw_clone3(arguments, launch.command_stack, command_process, &launch);
  if (pid < 0) launch.give_up({.step = "start the second process", .error = static_cast<int>(-pid)});
  launch.init_times.add("second process");
}

void command_process(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  launch.command_times.add("clone");
  unblock_signals();
  // A directory of the host's must not stay ours.
  raw_syscall(SYS_chdir, "/");
  if (launch.dies_with_maker)
    raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  else
    build_root(launch);
  launch.groups.wait();
  stop_ignoring_signals(launch);
  if (launch.plan.spec.idle) {
    wait_for_init(launch);
    // Whoever is told that all is ready may freeze us before we are gone, with the ends of its pipes that we have.
    raw_syscall(SYS_close_range, 0, ~0U, 0);
    launch.inside.open();
    end_process(0);
  }
  for (const Operation& operation : launch.plan.lockdown) {
    if (operation.step == Step::execute) {
      wait_for_init(launch);
      launch.inside.open();
      launch.command_times.add("wait for init");
    }
    launch.judge(operation, lock_down(launch, operation));
    launch.command_times.add(step_name(operation.step).data());
  }
}

}  // namespace fn::sandbox
