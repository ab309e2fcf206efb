// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Carries out Plan::opening and Plan::setup, in the process that becomes the command.
void build_root(Launch& launch);

}  // namespace fn::sandbox
