// SPDX-License-Identifier: Apache-2.0
#include "layer/tree.hpp"
#include "layer_support.hpp"

#include <chrono>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

Entry regular_entry(std::string path) {
  return file(std::move(path), "x").entry;
}

Tree tree_from(const std::vector<std::vector<Entry>>& layers) {
  Tree tree;
  for (const auto& layer : layers) {
    Whiteouts whiteouts;
    for (const Entry& entry : layer) whiteouts.add(entry);
    tree.begin_layer(whiteouts);
    for (const Entry& entry : layer) tree.add(entry);
    tree.end_layer();
  }
  return tree;
}

// "PATH@LAYER" of all that is no directory, and "PATH/@LAYER" of directories.
std::string tree_listing(const std::vector<std::vector<Entry>>& layers) {
  const Tree tree = tree_from(layers);
  std::string text;
  for (const Node& node : tree.nodes()) {
    const std::string& path = node.entry.path;
    CHECK(path == node.entry.path);
    if (!text.empty()) text += ' ';
    text += fmt::format("{}{}@{}", path, node.entry.type == Type::directory ? "/" : "", node.layer);
  }
  return text;
}

std::string refused(const std::vector<std::vector<Entry>>& layers) {
  return error_of(Kind::integrity, [&] { tree_from(layers); });
}

const std::vector<Entry> base{directory("d"),         regular_entry("d/a"), regular_entry("d/b"), directory("d/s"),
                              regular_entry("d/s/c"), regular_entry("d-x"), regular_entry("e")};

}  // namespace

TEST_CASE("upper layers add and replace") {
  CHECK(tree_listing({base}) == "d/@0 d-x@0 d/a@0 d/b@0 d/s/@0 d/s/c@0 e@0");
  CHECK(tree_listing({base, {directory("d"), regular_entry("d/a"), regular_entry("f")}}) ==
        "d/@1 d-x@0 d/a@1 d/b@0 d/s/@0 d/s/c@0 e@0 f@1");
}

TEST_CASE("a whiteout hides a file, or a directory with all below it") {
  CHECK(tree_listing({base, {regular_entry("d/.wh.a"), regular_entry(".wh.e")}}) == "d/@0 d-x@0 d/b@0 d/s/@0 d/s/c@0");
  CHECK(tree_listing({base, {regular_entry(".wh.d")}}) == "d-x@0 e@0");
  CHECK(tree_listing({base, {regular_entry(".wh.none"), regular_entry("no/where/.wh.x"), regular_entry("e/.wh.x")}}) ==
        tree_listing({base}));
}

TEST_CASE("a whiteout never hides its own layer's entry, whichever comes first") {
  const std::string wanted = "d/@0 d-x@0 d/a@1 d/b@0 d/s/@0 d/s/c@0 e@0";
  CHECK(tree_listing({base, {regular_entry("d/.wh.a"), regular_entry("d/a")}}) == wanted);
  CHECK(tree_listing({base, {regular_entry("d/a"), regular_entry("d/.wh.a")}}) == wanted);
  const std::string fresh = "d/@1 d-x@0 d/new@1 e@0";
  CHECK(tree_listing({base, {regular_entry(".wh.d"), directory("d"), regular_entry("d/new")}}) == fresh);
  CHECK(tree_listing({base, {directory("d"), regular_entry("d/new"), regular_entry(".wh.d")}}) == fresh);
  CHECK(tree_listing({base, {regular_entry("d/new"), regular_entry(".wh.d")}}) == fresh);
}

TEST_CASE("a whiteout leads where the layers below say, unless its own layer has a directory there") {
  const std::vector<Entry> linked{directory("t"), regular_entry("t/x"), soft_link("l", "t")};
  const std::vector<Entry> mine{directory("l"), regular_entry("l/y")};
  for (const char* whiteout : {"l/.wh.x", "l/.wh..wh..opq", ".wh.l"}) {
    for (std::size_t place = 0; place <= mine.size(); ++place) {
      std::vector<Entry> upper = mine;
      upper.insert(upper.begin() + std::ptrdiff_t(place), regular_entry(whiteout));
      CHECK(tree_listing({linked, upper}) == "l/@1 l/y@1 t/@0 t/x@0");
    }
  }
  CHECK(tree_listing({linked, {regular_entry("l/y"), regular_entry("l/.wh.x")}}) == "l@0 t/@0 t/y@1");
  CHECK(tree_listing({linked, {regular_entry("l/.wh.x"), regular_entry(".wh.l")}}) == "t/@0");
}

TEST_CASE("an opaque directory hides lower children, not its own, whichever comes first") {
  const std::string wanted = "d/@1 d-x@0 d/new@1 e@0";
  CHECK(tree_listing({base, {directory("d"), regular_entry("d/.wh..wh..opq"), regular_entry("d/new")}}) == wanted);
  CHECK(tree_listing({base, {regular_entry("d/.wh..wh..opq"), directory("d"), regular_entry("d/new")}}) == wanted);
  CHECK(tree_listing({base, {directory("d"), regular_entry("d/new"), regular_entry("d/.wh..wh..opq")}}) == wanted);
  CHECK(tree_listing({base, {regular_entry("d/.wh..wh..opq")}}) == "d/@0 d-x@0 e@0");
  CHECK(tree_listing({base, {regular_entry(".wh..wh..opq"), regular_entry("new")}}) == "new@1");
  CHECK(tree_listing({base, {regular_entry("d/s/new"), regular_entry("d/.wh..wh..opq")}}) ==
        "d/@0 d-x@0 d/s/@1 d/s/new@1 e@0");
}

TEST_CASE("whiteouts reach through all lower layers, and no further up") {
  CHECK(tree_listing({base, {regular_entry("d/a")}, {regular_entry("d/.wh.a")}, {regular_entry("d/new")}}) ==
        "d/@0 d-x@0 d/b@0 d/new@3 d/s/@0 d/s/c@0 e@0");
  CHECK(tree_listing({base, {regular_entry("d/.wh.a")}, {regular_entry("d/a")}}) ==
        "d/@0 d-x@0 d/a@2 d/b@0 d/s/@0 d/s/c@0 e@0");
}

TEST_CASE("a change of type takes what was below with it") {
  CHECK(tree_listing({base, {regular_entry("d")}}) == "d@1 d-x@0 e@0");
  CHECK(tree_listing({base, {soft_link("d", "e")}}) == "d@1 d-x@0 e@0");
  CHECK(tree_listing({base, {directory("e"), regular_entry("e/x")}}) ==
        "d/@0 d-x@0 d/a@0 d/b@0 d/s/@0 d/s/c@0 e/@1 e/x@1");
  CHECK(tree_listing({{soft_link("l", "d"), directory("d")}, {directory("l"), regular_entry("l/x")}}) ==
        "d/@0 l/@1 l/x@1");
}

TEST_CASE("directories that nobody describes are there") {
  const Tree tree = tree_from({{regular_entry("a/b/c")}});
  const Entry& made = tree.find("a/b")->entry;
  CHECK(made.type == Type::directory);
  CHECK(made.mode == 0755);
  CHECK(tree_listing({{regular_entry("a/b/c")}, {directory("a/b")}}) == "a/@0 a/b/@1 a/b/c@0");
}

TEST_CASE("paths through links land where the links point to: usr-merge") {
  const std::vector<Entry> merged{directory("usr"), directory("usr/lib"), soft_link("lib", "usr/lib")};
  const Tree tree = tree_from({merged, {regular_entry("lib/x")}});
  CHECK(tree.members().at("usr/lib/x") == "lib/x");
  CHECK(tree.find("usr/lib/x")->source_layer == 1);
  CHECK(tree_listing({merged, {regular_entry("usr/lib/x")}, {regular_entry("lib/.wh.x")}}) == tree_listing({merged}));
  CHECK(tree_listing({merged, {regular_entry("usr/lib/x")}, {regular_entry("lib/.wh..wh..opq")}}) ==
        tree_listing({merged}));
  CHECK(tree_listing({merged, {regular_entry("usr/lib/x")}, {regular_entry(".wh.lib")}}) ==
        "usr/@0 usr/lib/@0 usr/lib/x@1");
  CHECK(tree_listing({{soft_link("a", "/b/../../../c"), regular_entry("a/x")}}) == "a@0 c/@0 c/x@0");
  CHECK(tree_listing({{soft_link("a", "b/"), soft_link("b", "./c"), regular_entry("a/x")}}) == "a@0 b@0 c/@0 c/x@0");
}

TEST_CASE("a path is found again after a link took the directory's place") {
  CHECK(tree_listing({{regular_entry("a/x"), directory("b"), soft_link("a", "b"), regular_entry("a/y")}}) ==
        "a@0 b/@0 b/y@0");
  CHECK(tree_listing({{regular_entry("a/x")}, {regular_entry(".wh.a"), regular_entry("a/y")}}) == "a/@1 a/y@1");
}

TEST_CASE("what can't be applied is refused") {
  CHECK(refused({{regular_entry("a"), regular_entry("a/b")}}) ==
        "'a' is not a directory, but the layer has entries below it");
  CHECK(refused({{soft_link("a", "b"), soft_link("b", "a"), regular_entry("a/x")}}) == "'a': too many symbolic links");
  CHECK(refused({{soft_link("", "/etc")}}) == "the root of the image is not a directory");
  CHECK(refused({{regular_entry("d/.wh.")}}) == "'d/.wh.': whiteout without a name");
  CHECK(refused({{regular_entry("d/.wh..")}}) == "'d/.wh..': whiteout without a name");
  CHECK(refused({{regular_entry("d/.wh...")}}) == "'d/.wh...': whiteout without a name");
  CHECK(refused({{directory(".wh.d"), regular_entry(".wh.d/x")}}) == "'.wh.d': a whiteout cannot be a directory");
  CHECK(refused({{hard_link("l", "none")}}) == "'l': a hard link to 'none', which is missing");
  CHECK(refused({{directory("d"), hard_link("l", "d")}}) == "'l': a hard link to 'd', which is a directory");
  CHECK(refused({{regular_entry("d/x"), hard_link("d", "d/x")}}) == "'d': a hard link to 'd/x', which is missing");
}

TEST_CASE("a hard link names the file, whatever it was written to name") {
  const Tree tree = tree_from({{regular_entry("f"), hard_link("l", "f"), hard_link("m", "l"), hard_link("f", "f")}});
  CHECK(tree.find("m")->entry.link == "f");
  CHECK(tree.find("f")->entry.type == Type::file);
}

TEST_CASE("a hard link takes the place of what has other names of its file") {
  const std::vector<Entry> linked{regular_entry("d/f"), hard_link("l", "d/f"), hard_link("e/l", "d/f")};
  CHECK(tree_listing({linked, {hard_link("d", "l")}}) == "d@1 e/@0 e/l@0 l@0");
  CHECK(refused({linked, {hard_link("e", "e/l")}}) == "'e': a hard link to 'e/l', which is missing");
  CHECK(tree_listing({linked, {hard_link("d/f", "l"), regular_entry("d/.wh.f")}}) == "d/@0 d/f@1 e/@0 e/l@0 l@0");
  CHECK(tree_listing({linked, {hard_link("d/f", "d/f"), regular_entry("d/.wh.f")}}) == "d/@0 e/@0 e/l@0 l@0");
}

TEST_CASE("a hard link keeps its content when the first name goes") {
  Entry first = regular_entry("d/f");
  first.size = 42;
  first.uid = 7;
  first.xattrs.emplace("user.a", "b");
  const std::vector<Entry> linked{directory("d"), first, hard_link("l", "d/f"), hard_link("m", "d/f")};
  for (const std::vector<Entry>& upper :
       {std::vector<Entry>{regular_entry("d/.wh.f")}, std::vector<Entry>{regular_entry(".wh.d")},
        std::vector<Entry>{regular_entry("d/.wh..wh..opq")}, std::vector<Entry>{regular_entry("d/f")},
        std::vector<Entry>{regular_entry("d")}}) {
    const Tree tree = tree_from({linked, upper});
    const Node& heir = *tree.find("l");
    CHECK(heir.entry.type == Type::file);
    CHECK(heir.entry.path == "l");
    CHECK(heir.entry.size == 42);
    CHECK(heir.entry.uid == 7);
    CHECK(heir.entry.xattrs == first.xattrs);
    CHECK(heir.layer == 0);
    CHECK(tree.members().at("l") == "d/f");
    CHECK(tree.find("m")->entry.link == "l");
  }
}

TEST_CASE("the last link inherits through several layers") {
  const Tree tree = tree_from({{regular_entry("f"), hard_link("l", "f"), hard_link("m", "f")},
                               {regular_entry(".wh.f")},
                               {regular_entry(".wh.l")}});
  CHECK(tree.nodes().size() == 1);
  CHECK(tree.find("m")->entry.type == Type::file);
  CHECK(tree.members().at("m") == "f");
}

TEST_CASE("a link to a lower layer's file is the upper layer's, its content the lower's") {
  const Tree tree =
      tree_from({{regular_entry("f")}, {hard_link("l", "f"), regular_entry(".wh.f"), regular_entry(".wh.l")}});
  REQUIRE(tree.nodes().size() == 1);
  const Node& node = *tree.find("l");
  CHECK(node.entry.type == Type::file);
  CHECK(node.layer == 1);
  CHECK(node.source_layer == 0);
  CHECK(tree.members().at("l") == "f");
}

TEST_CASE("a link in the place of its own target changes nothing") {
  const Tree tree = tree_from({{regular_entry("f"), hard_link("l", "f")}, {hard_link("f", "l")}});
  CHECK(tree.find("f")->entry.type == Type::file);
  CHECK(tree.find("l")->entry.link == "f");
}

TEST_CASE("a link replaced by a file leaves the others alone") {
  const Tree tree = tree_from(
      {{regular_entry("f"), hard_link("l", "f"), hard_link("m", "f")}, {regular_entry("l")}, {regular_entry(".wh.f")}});
  CHECK(tree.find("l")->layer == 1);
  CHECK_FALSE(tree.members().contains("l"));
  CHECK(tree.find("m")->entry.type == Type::file);
  CHECK(tree.members().at("m") == "f");
}

TEST_CASE("30,000 entries and as many whiteouts take no time") {
  std::vector<Entry> many, whiteouts;
  for (int i = 0; i < 30'000; ++i) {
    many.push_back(regular_entry(fmt::format("usr/lib/package-{}/dir-{}/file-{}", i / 300, i / 30, i)));
    whiteouts.push_back(regular_entry(fmt::format("usr/lib/package-{}/dir-{}/.wh.file-{}", i / 300, i / 30, i)));
  }
  const auto start = std::chrono::steady_clock::now();
  const Tree tree = tree_from({many, whiteouts});
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  MESSAGE("30,000 entries and 30,000 whiteouts: ", took.count(), " ms");
  CHECK(took.count() < 5000 * FN_PATIENCE);
  CHECK(tree.nodes().size() == 1 + 1 + 100 + 1000);
}
