// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "routing/route.hpp"

namespace fn::function {

// The assignment for instances of a function, from its settings, with exactly the image that `route` names.
Assignment assign_function(const routing::Route& route, const StateOptions& state);

}  // namespace fn::function
