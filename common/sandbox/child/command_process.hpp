// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Starts the process that becomes the command, as a child of ours.
void start_command(Launch& launch);

// The body of that process; `launch` is the Launch.
void command_process(void* launch);

}  // namespace fn::sandbox
