// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Starts the first process with a stack of its own; it is born into launch.cgroup, and in new namespaces of `flags` but
// for that of the network, which it makes itself (Plan::beside). With CLONE_PARENT among `flags` it
// sends the signal that our own process sends. Its pid, or -errno.
long start_first_process(Launch& launch, unsigned long flags, void* stack_top, int& pidfd);

}  // namespace fn::sandbox
