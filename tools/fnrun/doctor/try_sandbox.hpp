// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host_checks.hpp"
#include "sandbox/host.hpp"

namespace fn::run {

// Starts this very program in a sandbox with the walls and limits of 'fnrun run', and says how that went.
Check try_sandbox(const sandbox::Host& host);

}  // namespace fn::run
