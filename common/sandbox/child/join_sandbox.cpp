// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/join_sandbox.hpp"

#include "sandbox/child/command_process.hpp"
#include "sandbox/child/end_process.hpp"
#include "sandbox/child/set_up.hpp"
#include "sys/raw_syscall.hpp"

#include <sched.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

void join_sandbox_process(void* argument) {
  JoinSandbox& joining = *static_cast<JoinSandbox*>(argument);
  Launch& launch = joining.launch;
  if (const long member = join_cgroups(launch); member < 0)
    launch.give_up({.step = "join its control groups", .error = static_cast<int>(-member)});
  const long joined = raw_syscall(SYS_setns, joining.init_pidfd, joining.namespaces);
  if (joined < 0) launch.give_up({.step = "join its namespaces", .error = static_cast<int>(-joined)});
  clone_args arguments{};
  arguments.flags = CLONE_CLEAR_SIGHAND | CLONE_PARENT;  // and our exit signal
  if (!joining.copies_memory) arguments.flags |= CLONE_VM;
  const long pid = raw_clone3(arguments, launch.command_stack, command_process, &launch);
  if (pid < 0) launch.give_up({.step = "start a process inside", .error = static_cast<int>(-pid)});
  joining.command = pid;
  end_process(0);
}

}  // namespace fn::sandbox
