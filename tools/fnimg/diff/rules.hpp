// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "budget.hpp"
#include "image_diff.hpp"

#include <vector>

namespace fn::img {

// The rules of a budget that the step from A to B breaks: limits of B's size, of what is added and fetched, and what
// may not come (setuid files) or go (packages, versions).
std::vector<BrokenRule> broken_rules(const Budget& budget, const Side& a, const Side& b, const ImageDiff& diff);

}  // namespace fn::img
