// SPDX-License-Identifier: Apache-2.0
// From the host's files to the new root, in the process that becomes the command. First the steps that need no ids,
// while the maker writes the id maps; then it waits for these (launch.ids) and does the rest. Before pivot it joins the
// namespaces that the first process has made meanwhile (launch.beside): a network takes the kernel as long as all
// mounts together.
//
// pivot_root(2) moves every process whose root and directory are the old root, and so the first process with us.
#include "sandbox/child/build_root.hpp"

#include "sandbox/child/set_up.hpp"
#include "sys/raw_syscall.hpp"

namespace fn::sandbox {

using sys::raw_syscall;

namespace {

void carry_out(Launch& launch, const Operation& operation) {
  // What hides parts of /proc has nothing to hide in the substitute.
  const bool in_proc = operation.wall == Wall::proc && operation.step != Step::proc;
  if (in_proc && launch.proc_refused) return;
  launch.judge(operation, set_up(launch, operation));
  launch.command_times.add(step_name(operation.step).data());
}

}  // namespace

void build_root(Launch& launch) {
  // Modes are as the plan says, without a chmod(2) for each.
  const long umask = raw_syscall(SYS_umask, 0);
  for (const Operation& operation : launch.plan.opening) carry_out(launch, operation);
  launch.ids.wait();
  launch.command_times.add("wait for ids");
  for (const Operation& operation : launch.plan.setup) carry_out(launch, operation);
  raw_syscall(SYS_umask, umask);
}

}  // namespace fn::sandbox
