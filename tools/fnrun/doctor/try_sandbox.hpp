// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "doctor/host_checks.hpp"
#include "sandbox/plan/host.hpp"

namespace fn::run {

// Starts this program itself in a sandbox with the walls and limits of 'fnrun run', and reports the result.
Check try_sandbox(const sandbox::Host& host);

}  // namespace fn::run
