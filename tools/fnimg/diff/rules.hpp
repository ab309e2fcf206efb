// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diff/image_diff.hpp"
#include "recipe/budget.hpp"

#include <vector>

namespace fn::img {

// The rules of a budget that the step from A to B breaks: limits on B's size and on what is added and fetched, and what
// must not appear (setuid files) or disappear (packages, versions).
std::vector<BrokenRule> broken_rules(const Budget& budget, const Side& a, const Side& b, const ImageDiff& diff);

}  // namespace fn::img
