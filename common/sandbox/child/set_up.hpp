// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Carries out an operation of Plan::beside, Plan::opening or Plan::setup. 0 or -errno.
long set_up(Launch& launch, const Operation& operation);
// Makes the calling process a member of the groups of version 1, once they are there. 0 or -errno.
long join_cgroups(Launch& launch);

}  // namespace fn::sandbox
