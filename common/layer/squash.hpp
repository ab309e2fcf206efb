// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <vector>

namespace fn::layer {

// The items of a stack of layers, lowest first, as one layer that produces the same files: those that Tree has, each
// where it is in the end. Sorted by path. Throws integrity for a layer that cannot be applied.
std::vector<Item> squash(std::vector<std::vector<Item>> layers);

}  // namespace fn::layer
