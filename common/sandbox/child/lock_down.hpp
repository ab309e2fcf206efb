// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Carries out an operation of Plan::lockdown. 0 or -errno; does not return from Step::execute if that succeeds.
long lock_down(Launch& launch, const Operation& operation);

}  // namespace fn::sandbox
