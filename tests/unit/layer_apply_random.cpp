// SPDX-License-Identifier: Apache-2.0
#include "layer/tree.hpp"
#include "layer_apply_support.hpp"

#include <filesystem>
#include <random>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;

namespace {

// Few names, so that entries, links and whiteouts meet.
class RandomLayers {
 public:
  explicit RandomLayers(unsigned seed) : random_(seed) {}

  std::vector<Layer> stack() {
    std::vector<Layer> layers(std::size_t(1 + roll(3)));
    for (Layer& layer : layers)
      for (unsigned entries = 1 + roll(9); entries > 0; --entries) layer.push_back(member());
    return layers;
  }

 private:
  unsigned roll(unsigned sides) { return unsigned(random_() % sides); }

  std::string path() {
    std::string path(1, char('a' + roll(3)));
    for (unsigned depth = roll(3); depth > 0; --depth) path += std::string("/") + char('a' + roll(3));
    return path;
  }

  Member member() {
    static const std::vector<std::string> targets = {"a",    "b/c",       "no/../b",   "/c",
                                                     "../b", "../../a/b", "nowhere/x", "/"};
    const std::string at = path();
    const std::size_t name = at.size() - base_name(at).size();
    Member made;
    switch (roll(10)) {
      case 0:
      case 1:
      case 2:
        made = dir(at, 0700 + roll(8));
        break;
      case 3:
        made = soft(at, targets[roll(unsigned(targets.size()))]);
        break;
      case 4:
        made = hard(at, path());
        break;
      case 5:
        made = whiteout(at.substr(0, name) + ".wh." + at.substr(name));
        break;
      case 6:
        made = whiteout(at.substr(0, name) + std::string(opaque_marker));
        break;
      default:
        made = file(at, "");
    }
    made.entry.mtime = ++time_;  // says which entry a file came from
    return made;
  }

  std::mt19937 random_;
  std::int64_t time_ = 0;
};

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
