// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/launch.hpp"
#include "sandbox/nursery.hpp"
#include "sandbox/pool.hpp"

namespace fn::sandbox {

// Starts the first process of a sandbox, as a child of the caller, in namespaces of the pool and in new ones of all
// other kinds. All signals must be blocked. Its pid, and its pidfd; or -errno, with nothing started, if the pool's
// can't be entered.
long spawn_pooled(Launch& launch, const Nursery& nursery, const Pooled& pooled, int& pidfd);

}  // namespace fn::sandbox
