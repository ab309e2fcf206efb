// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/tree.hpp"

#include <vector>

namespace fn::layer {

// The file of `image` at the item's path, if it is one of the same type; null otherwise.
const Entry* file_in(const Tree& image, const Item& item);

// The items of a directory tree, sorted, that `image` was unpacked into: what unpacking could not set there is as in
// the image. That is, of a file of the same path and type, attributes that are not listed (layer/walk.hpp); and where
// an ordinary user unpacked it, also what only root can set: attributes, setuid and setgid bits, owners that nothing
// recorded, and devices in directories that are still there, or where there is an empty file, as umoci leaves it.
void restore_unset(std::vector<Item>& items, const Tree& image);

}  // namespace fn::layer
