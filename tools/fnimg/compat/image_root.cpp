// SPDX-License-Identifier: Apache-2.0
#include "compat/image_root.hpp"

#include "image/path_lookup.hpp"

namespace fn::img {

const layer::Node* ImageRoot::regular(std::string_view path) const {
  const auto place = find_path_if_there(tree_, path, Follow::all);
  if (!place || !place->node) return nullptr;
  const layer::Node& node = tree_.file_of(*place->node);
  return node.entry.type == layer::Type::file ? &node : nullptr;
}

std::optional<link::File> ImageRoot::file(std::string_view path) const {
  const layer::Node* node = regular(path);
  if (!node) return std::nullopt;
  const auto facts = facts_.objects.find(node->entry.path);
  return link::File{.path = '/' + node->entry.path,
                    .inode = reinterpret_cast<std::uintptr_t>(node),
                    .facts = facts == facts_.objects.end() ? nullptr : &facts->second};
}

bool ImageRoot::is_directory(std::string_view path) const {
  const auto place = find_path_if_there(tree_, path, Follow::all);
  return place && place->is_directory();
}

std::optional<std::string> ImageRoot::content(std::string_view path) const {
  const layer::Node* node = regular(path);
  if (!node) return std::nullopt;
  const auto text = facts_.texts.find(node->entry.path);
  if (text == facts_.texts.end()) return std::nullopt;
  return text->second;
}

}  // namespace fn::img
