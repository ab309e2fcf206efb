// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "routing/route.hpp"

namespace fn::run {

// The instances of a function, as its settings say; of the very image that `route` names.
Assignment assign_function(const routing::Route& route, const Where& where);

}  // namespace fn::run
