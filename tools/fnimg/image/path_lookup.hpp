// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tree.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::img {

// A path of an image after links: nothing in it is a symbolic link, except the last component with Follow::parents.
struct Place {
  std::string path;
  const layer::Node* node = nullptr;  // null: the root, if no layer describes it
  bool is_directory() const { return !node || node->entry.type == layer::Type::directory; }
};

enum class Follow { parents, all };

// Finds a path as the image's own root would: absolute links begin at the root, ".." doesn't leave it. A trailing "/"
// follows the last link as well. Throws not_found with did-you-mean; more than 40 links too.
Place find_path(const layer::Tree& tree, std::string_view path, Follow follow);
// The same, but returns nothing instead of throwing.
std::optional<Place> find_path_if_there(const layer::Tree& tree, std::string_view path, Follow follow);

}  // namespace fn::img
