// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Takes another command into a running sandbox.
struct JoinSandbox {
  Launch& launch;
  int init_pidfd = -1;           // of the sandbox's first process
  unsigned long namespaces = 0;  // CLONE_NEW* that are joined
  bool copies_memory = false;    // the command gets a copy of the memory, but for `launch`, which all see
  long command = 0;              // output: the pid of the command's process; 0: launch.failure says why not
};

// The body of the process that joins the namespaces, starts the command as a child of its maker, and exits: only new
// children enter a joined pid namespace. `joining` is a JoinSandbox.
void join_sandbox_process(void* joining);

}  // namespace fn::sandbox
