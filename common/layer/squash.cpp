// SPDX-License-Identifier: Apache-2.0
#include "layer/squash.hpp"

#include "layer/selection.hpp"
#include "layer/tree.hpp"

#include <utility>

namespace fn::layer {

std::vector<Item> squash(std::vector<std::vector<Item>> layers) {
  Tree tree;
  for (const std::vector<Item>& layer : layers) {
    Whiteouts whiteouts;
    for (const Item& item : layer) whiteouts.add(item.entry);
    tree.begin_layer(whiteouts);
    for (const Item& item : layer) tree.add(item.entry);
    tree.end_layer();
  }
  std::vector<Item> files;
  for (const Node& node : tree.nodes()) {
    Item file;
    if (node.entry.size > 0) file = std::move(layers[node.source_layer][node.number]);
    file.entry = node.entry;
    files.push_back(std::move(file));
  }
  std::vector<std::vector<Item>> one;
  one.push_back(std::move(files));
  return merge(std::move(one));
}

}  // namespace fn::layer
