// SPDX-License-Identifier: Apache-2.0
// The first process from its birth to the new root, in the maker's memory. First the steps that need no ids, while the
// maker writes the id maps; then it waits for these (launch.ids) and does the rest, up to pivot and what follows it. In
// the end it notes which directory its root is and opens launch.root, on which the command's process waits before it
// enters its working directory.
//
// That process is started on the way: as soon as the groups are known, before pivot at the latest, so that it is moved
// to the new root with us, and it locks itself down meanwhile. With a terminal it is started last, since it takes over
// a descriptor that is made here.
#include "sandbox/child/build_root.hpp"

#include "sandbox/child/command_process.hpp"
#include "sandbox/child/set_up.hpp"
#include "sys/raw_syscall.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace fn::sandbox {

using sys::raw_syscall;

namespace {

// The command's process has enough to do on its own before it needs the root. But it takes over our descriptors, a
// terminal's among them.
bool starts_early(const Plan& plan) {
  return !plan.spec.terminal;
}

void carry_out(Launch& launch, const Operation& operation) {
  // What hides parts of /proc has nothing to hide in the substitute.
  const bool in_proc = operation.wall == Wall::proc && operation.step != Step::proc;
  if (in_proc && launch.proc_refused) return;
  if (operation.step == Step::loopback && launch.pooled_network) return;
  // Belongs to the start of the command.
  if (operation.step == Step::cgroup_namespace) return;
  // pivot_root(2) moves all processes whose root is the old one, so the command's with ours.
  const bool is_due = operation.step == Step::pivot || launch.groups.is_open();
  if (is_due && !launch.has_command && starts_early(launch.plan)) start_command(launch);
  launch.judge(operation, set_up(launch, operation));
  launch.init_times.add(step_name(operation.step).data());
}

}  // namespace

void build_root(Launch& launch) {
  // Modes are as the plan says, without a chmod(2) for each.
  launch.umask = raw_syscall(SYS_umask, 0);
  for (const Operation& operation : launch.plan.opening) carry_out(launch, operation);
  launch.ids.wait();
  launch.init_times.add("wait for ids");
  for (const Operation& operation : launch.plan.setup) carry_out(launch, operation);
  struct stat root {};
  const long looked = raw_syscall(SYS_newfstatat, AT_FDCWD, "/", &root, 0);
  if (looked < 0) launch.give_up({.step = "inspect its root", .error = static_cast<int>(-looked)});
  launch.root_device = root.st_dev;
  launch.root_inode = root.st_ino;
  if (!launch.has_command) start_command(launch);
  launch.root.open();
}

}  // namespace fn::sandbox
