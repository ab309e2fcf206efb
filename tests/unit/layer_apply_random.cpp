// SPDX-License-Identifier: Apache-2.0
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
  const Entry* entry = &tree.nodes().at(path).entry;
  if (entry->type == Type::hardlink) {
    CHECK(target.same_file(path, entry->link));
    entry = &tree.nodes().at(entry->link).entry;
  }
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
      tree.begin_layer();
      for (const Member& member : layer) tree.add(member.entry);
    }
  });
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
    Target target;
    const std::string error = test::error_of(Kind::integrity, [&] {
      for (const Layer& layer : layers) target.apply(layer);
      target.finish();
    });
    CAPTURE(error);
    CAPTURE(expected);
    CHECK(error.empty() == expected.empty());
    ++(error.empty() ? accepted : refused);
    if (!error.empty()) continue;
    for (const auto& [path, node] : tree.nodes()) check_node(target, path, tree);
    CHECK(files_below(target.path()) == tree.nodes().size());
  }
  CHECK(accepted > 100);
  CHECK(refused > 100);
}
