// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

#include <cerrno>

namespace fn::sandbox {

// Takes a sandbox's first process into a user namespace of the pool and the network namespace that it owns.
struct JoinPooled {
  Launch& launch;
  char* first_stack;  // top of the first process's stack
  int user;           // descriptors of the namespaces
  int net;
  long pid = -ENOENT;  // output: of the first process, or -errno
  int pidfd = -1;      // output
};

// The body of a process of its own for that: a process that enters a user namespace cannot leave it, and must have one
// thread. So it creates the first process as its sibling and exits. It shares its maker's descriptors, which the pidfd
// is added to. `joining` is a JoinPooled.
void join_pooled_process(void* joining);

}  // namespace fn::sandbox
