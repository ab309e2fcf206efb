// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <vector>

namespace fn::layer {

// The items of a stack of layers, lowest first, as one layer that produces the same files: whiteouts are applied and
// removed (image-spec, layer.md, "Applying Changesets"). Sorted by path.
std::vector<Item> squash(std::vector<std::vector<Item>> layers);

}  // namespace fn::layer
