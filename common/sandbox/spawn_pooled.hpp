// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/pool.hpp"

namespace fn::sandbox {

// Starts the first process of a sandbox, as a child of the caller, in namespaces of the pool and in new ones of all
// other kinds. All signals must be blocked. Its pid, and its pidfd; or -errno, with nothing started, if the pool's
// namespaces cannot be entered.
long spawn_pooled(Launch& launch, const ChildMemory& child_memory, const PooledNamespaces& pooled, int& pidfd);

}  // namespace fn::sandbox
