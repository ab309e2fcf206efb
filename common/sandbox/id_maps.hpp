// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/plan.hpp"

#include <sys/types.h>

namespace fn::sandbox {

// Writes the plan's user and group maps for the first process of a new user namespace (user_namespaces(7)). False, with
// errno, on failure.
bool write_id_maps_of(pid_t pid, const Plan& plan);

}  // namespace fn::sandbox
