// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <string>
#include <vector>

namespace fn::layer {

// Reads the unknown contents of items, on several threads, and lets the origins remember them. Throws what the origins
// throw.
void read_contents(std::vector<Item>& items, unsigned threads);

// The whole content of one item, for small files.
std::string read_content(const Item& item);

}  // namespace fn::layer
