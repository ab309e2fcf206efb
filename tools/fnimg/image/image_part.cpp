// SPDX-License-Identifier: Apache-2.0
#include "image/image_part.hpp"

#include "image/path_lookup.hpp"

#include <utility>

namespace fn::img {
namespace {

using Nodes = std::map<std::string, const layer::Node*>;

void add_place(Nodes& wanted, const layer::Tree& tree, const Place& place) {
  const auto& nodes = tree.nodes();
  const auto add = [&](const std::string& path) {
    if (const layer::Node* node = tree.find(path)) wanted.emplace(path, node);
  };
  add(place.path);
  for (std::string above(layer::parent_path(place.path)); !above.empty(); above = layer::parent_path(above)) add(above);
  add("");  // the root
  if (!place.is_directory()) return;
  const std::string prefix = place.path.empty() ? "" : place.path + '/';
  for (auto below = nodes.lower_bound(prefix); below != nodes.end() && below->entry.path.starts_with(prefix); ++below)
    wanted.emplace(below->entry.path, &*below);
}

}  // namespace

ImagePart::ImagePart(const layer::Tree& tree, const std::vector<std::string>& paths) {
  Nodes wanted;
  for (const std::string& path : paths) add_place(wanted, tree, find_path(tree, path, Follow::parents));
  // If a file's first name is not among them, the first of its links that is becomes the file.
  std::map<std::string, std::string> heirs;
  for (const auto& [path, node] : wanted) {
    const layer::Entry& entry = node->entry;
    if (entry.type != layer::Type::hardlink) {
      put(*node, {path, {}});
    } else if (wanted.contains(entry.link)) {
      put(*node, {path, entry.link});
    } else if (const auto [heir, is_new] = heirs.emplace(entry.link, path); is_new) {
      put(tree.file_of(*node), {path, {}});
    } else {
      put(*node, {path, heir->second});
    }
  }
}

void ImagePart::put(const layer::Node& node, Target target) {
  if (node.number != layer::no_entry) layers_[node.source_layer].emplace(node.number, std::move(target));
}

bool ImagePart::take(std::size_t n, std::size_t number, layer::Entry& entry) const {
  const auto layer = layers_.find(n);
  if (layer == layers_.end()) return false;
  const auto target = layer->second.find(number);
  if (target == layer->second.end()) return false;
  entry.path = target->second.path;
  if (entry.type == layer::Type::hardlink) entry.link = target->second.link;
  return true;
}

}  // namespace fn::img
