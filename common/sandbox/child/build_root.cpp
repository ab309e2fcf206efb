// SPDX-License-Identifier: Apache-2.0
#include "sandbox/launch.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace fn::sandbox {
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

void build(Launch& launch) {
  // Modes are as the plan says, without a chmod(2) for each.
  launch.umask = raw_syscall(SYS_umask, 0);
  for (const Operation& operation : launch.plan.opening) carry_out(launch, operation);
  launch.ids.wait();
  launch.init_times.add("wait for ids");
  for (const Operation& operation : launch.plan.setup) carry_out(launch, operation);
  struct stat root {};
  const long looked = raw_syscall(SYS_newfstatat, AT_FDCWD, "/", &root, 0);
  if (looked < 0) launch.give_up({.step = "look at its root", .error = static_cast<int>(-looked)});
  launch.root_device = root.st_dev;
  launch.root_inode = root.st_ino;
  if (!launch.has_command) start_command(launch);
  launch.root.open();
}

}  // namespace fn::sandbox
