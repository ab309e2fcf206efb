// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

namespace fn::sandbox {

// Waits for ids and control groups, enters a cgroup namespace, and starts the process that becomes the command if there
// is one.
void start_command(Launch& launch);

// The body of that process; `launch` is the Launch.
void command_process(void* launch);

}  // namespace fn::sandbox
