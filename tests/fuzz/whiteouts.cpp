// SPDX-License-Identifier: Apache-2.0
// Whatever layers do to each other, what Tree promises of its nodes holds after every entry.
#include "layer/tree.hpp"
#include "layers.hpp"

using namespace fn;
using namespace fn::layer;
using fuzz::require;

namespace {

bool has_odd_part(std::string_view path) {
  const std::string framed = '/' + std::string(path) + '/';
  for (const char* part : {"//", "/./", "/../", "/.wh."})
    if (framed.find(part) != framed.npos) return true;
  return false;
}

// Within a layer there may be second names in the root, which no entry has.
enum class Moment { in_layer, behind_layer };

void check(const Tree& tree, std::size_t layers, Moment moment) {
  for (const Node& node : tree.nodes()) {
    const std::string& path = node.entry.path;
    require(node.layer < layers && node.source_layer <= node.layer, "a node of a layer that is not there");
    if (path.empty()) {
      require(node.entry.type == Type::directory, "the root is no directory");
      continue;
    }
    const bool may_be_kept = moment == Moment::in_layer && path.starts_with(name_to_keep(0).substr(0, 12));
    require(may_be_kept || !has_odd_part(path), "a path that no file has");
    const std::string parent(parent_path(path));
    const Node* above = tree.find(parent);
    require(parent.empty() || above, "a node without a parent");
    require(!above || above->entry.type == Type::directory, "a parent is no directory");
    if (node.entry.type != Type::hardlink) continue;
    const Node* first = tree.find(node.entry.link);
    require(first, "a hard link to nothing");
    require(first->entry.type != Type::hardlink, "a hard link to a hard link");
    require(first->entry.type != Type::directory, "a hard link to a directory");
  }
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  Tree tree;
  std::size_t layers = 0;
  for (const Layer& layer : Layers(Choices(input), "/outside").stack()) {
    Whiteouts whiteouts;
    for (const Member& member : layer)
      if (!accepted([&] { return whiteouts.add(member.entry), true; })) return;
    if (!accepted([&] { return tree.begin_layer(whiteouts), true; })) return;
    ++layers;
    for (const Member& member : layer) {
      if (!accepted([&] { return tree.add(member.entry), true; })) return;
      check(tree, layers, Moment::in_layer);
    }
    tree.end_layer();
    check(tree, layers, Moment::behind_layer);
  }
}
