// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <cstdint>
#include <string>

namespace fn::img {

// A file of a layer that is made here: root's, 0644, with this content.
layer::Item text_item(const std::string& path, std::string text, std::int64_t mtime);

}  // namespace fn::img
