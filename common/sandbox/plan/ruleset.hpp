// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/landlock.hpp"
#include "sandbox/plan/plan.hpp"

#include <memory>

namespace fn::sandbox {

// The second wall around what the plan's mounts provide: reading and executing everywhere, writing to scratch and to
// what was mounted writable, devices in /dev. Null if the plan has no landlock step.
std::unique_ptr<landlock::Ruleset> make_ruleset(const Plan& plan);

}  // namespace fn::sandbox
