// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Carries out Plan::opening and Plan::setup, and starts the command's process as early as possible.
void build_root(Launch& launch);

}  // namespace fn::sandbox
