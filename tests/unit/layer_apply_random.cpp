// SPDX-License-Identifier: Apache-2.0
#include "layer/squash.hpp"
#include "layer/tree.hpp"
#include "layer_random_stacks.hpp"

#include <filesystem>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;

namespace {

mode_t file_type(Type type) {
  return type == Type::directory ? S_IFDIR : type == Type::symlink ? S_IFLNK : S_IFREG;
}

void check_node(const Target& target, const std::string& path, const Tree& tree) {
  const Node& node = *tree.find(path);
  if (node.entry.type == Type::hardlink) CHECK(target.same_file(path, node.entry.link));
  const Entry* entry = &tree.file_of(node).entry;
  const struct stat status = target.status(path);
  CHECK((status.st_mode & S_IFMT) == file_type(entry->type));
  CHECK(status.st_mtim.tv_sec == entry->mtime);
  if (entry->type == Type::symlink)
    CHECK(target.read_link(path) == entry->link);
  else
    CHECK((status.st_mode & 07777) == entry->mode);
}

std::size_t files_below(const std::string& path) {
  const std::filesystem::recursive_directory_iterator all(path);
  return std::size_t(std::distance(begin(all), end(all)));
}

std::string tree_of(Tree& tree, const std::vector<Layer>& layers) {
  return test::error_of(Kind::integrity, [&] {
    for (const Layer& layer : layers) {
      Whiteouts whiteouts;
      for (const Member& member : layer) whiteouts.add(member.entry);
      tree.begin_layer(whiteouts);
      for (const Member& member : layer) tree.add(member.entry);
      tree.end_layer();
    }
  });
}

// Applying the layers makes what Tree says. "" or what they are refused for.
std::string check_applied(const std::vector<Layer>& layers, const Tree& tree) {
  Target target;
  const std::string error = test::error_of(Kind::integrity, [&] {
    for (const Layer& layer : layers) target.apply(layer);
    target.finish();
  });
  if (!error.empty()) return error;
  for (const Node& node : tree.nodes()) check_node(target, node.entry.path, tree);
  CHECK(files_below(target.path()) == tree.nodes().size());
  return error;
}

// As one layer.
Layer squashed(const std::vector<Layer>& layers) {
  std::vector<std::vector<Item>> items(layers.size());
  for (std::size_t n = 0; n < layers.size(); ++n)
    for (const Member& member : layers[n]) items[n].emplace_back().entry = member.entry;
  Layer one;
  for (Item& item : squash(std::move(items))) one.push_back({std::move(item.entry), {}});
  return one;
}

}  // namespace

// Tree follows the specification in memory and shares no code with what writes to the disk.
TEST_CASE("random stacks of layers give the files that Tree lists, or are refused by both") {
  unsigned accepted = 0;
  unsigned refused = 0;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    const std::vector<Layer> layers = RandomLayers(seed).stack();
    Tree tree;
    const std::string expected = tree_of(tree, layers);
    CAPTURE(expected);
    const std::string error = check_applied(layers, tree);
    CAPTURE(error);
    CHECK(error.empty() == expected.empty());
    ++(error.empty() ? accepted : refused);
  }
  CHECK(accepted > 100);
  CHECK(refused > 100);
}

TEST_CASE("random stacks mean the same wherever their whiteouts stand, and as one layer") {
  unsigned accepted = 0;
  for (unsigned seed = 1001; seed <= 1300; ++seed) {
    CAPTURE(seed);
    const std::vector<Layer> layers = RandomLayers(seed).stack();
    Tree tree;
    const bool is_right = tree_of(tree, layers).empty();
    for (const Where where : {Where::first, Where::last}) {
      std::vector<Layer> moved;
      for (const Layer& layer : layers) moved.push_back(with_whiteouts(layer, where));
      CHECK(check_applied(moved, tree).empty() == is_right);
    }
    if (!is_right) continue;
    ++accepted;
    CHECK(check_applied({squashed(layers)}, tree) == "");
  }
  CHECK(accepted > 50);
}
