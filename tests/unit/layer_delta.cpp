// SPDX-License-Identifier: Apache-2.0
#include "layer/delta.hpp"
#include "layer/whiteout.hpp"

#include <doctest/doctest.h>

using namespace fn::layer;

namespace {

Tree delta_tree(std::vector<Entry> entries) {
  Tree tree;
  tree.begin_layer({});
  for (Entry& entry : entries) tree.add(std::move(entry));
  return tree;
}

Entry delta_directory(std::string path) {
  return {.path = std::move(path), .type = Type::directory, .mode = 0755, .mtime = 5};
}

std::vector<Item> delta_items(std::vector<Entry> entries) {
  std::vector<Item> items;
  for (Entry& entry : entries) {
    items.emplace_back().entry = std::move(entry);
    if (is_whiteout(items.back().entry.path)) items.back().has_overlay_mark = true;
  }
  return items;
}

// "changed -gone": the paths of a delta.
std::string delta_paths(const Delta& delta) {
  std::string text;
  for (const Item& item : delta.items) text += item.entry.path + ' ';
  for (const Item& item : delta.gone) text += '-' + item.entry.path + ' ';
  if (!text.empty()) text.pop_back();
  return text;
}

std::string delta_paths(std::vector<Entry> listed, const Tree& image) {
  return delta_paths(delta_to(delta_items(std::move(listed)), image, 0, 1));
}

const Tree& base_image() {
  static const Tree tree = delta_tree({delta_directory("d"),
                                       {.path = "d/f", .mtime = 5},
                                       {.path = "f", .mtime = 5},
                                       {.path = "g", .mtime = 5},
                                       {.path = "h", .type = Type::hardlink, .mtime = 5, .link = "g"}});
  return tree;
}

}  // namespace

TEST_CASE("a directory is whited out once, what something else replaces not at all") {
  CHECK(delta_paths({{.path = "f"}, {.path = "g"}, {.path = "h", .type = Type::hardlink, .link = "g"}}, base_image()) ==
        "-d");
  CHECK(delta_paths({{.path = "d"}, {.path = "f"}, {.path = "g"}, {.path = "h", .type = Type::hardlink, .link = "g"}},
                    base_image()) == "d");
  CHECK(delta_paths({delta_directory("d"), {.path = "d/f"}, delta_directory("f"), {.path = "f/x"}, {.path = "g"}},
                    base_image()) == "f f/x -h");
  CHECK(delta_to(delta_items({{.path = "f"}}), base_image(), 0, 1).deleted == 4);
}

TEST_CASE("of a file all names are in it, or none") {
  const Entry d = delta_directory("d"), df{.path = "d/f"}, f{.path = "f"}, g{.path = "g"},
              h{.path = "h", .type = Type::hardlink, .link = "g"};
  CHECK(delta_paths({d, df, f, g, h, {.path = "i", .type = Type::hardlink, .link = "g"}}, base_image()) == "g h i");
  CHECK(delta_paths({d, df, f, g, {.path = "h"}}, base_image()) == "h");
  CHECK(delta_paths({d, df, f, {.path = "g", .mode = 0600}, h}, base_image()) == "g h");
  CHECK(delta_paths({d, df, {.path = "f"}, {.path = "g"}, h}, base_image()).empty());
}

TEST_CASE("times: not looked at, or a difference") {
  const auto listed = [] {
    return delta_items({delta_directory("d"),
                        {.path = "d/f", .mtime = 9},
                        {.path = "f", .mode = 0600, .mtime = 9},
                        {.path = "g", .mtime = 5},
                        {.path = "h", .type = Type::hardlink, .mtime = 5, .link = "g"},
                        {.path = "new", .mtime = 9}});
  };
  const Delta clamped = delta_to(listed(), base_image(), 7, 1);
  REQUIRE(delta_paths(clamped) == "f new");
  CHECK(clamped.items[0].entry.mtime == 5);  // the image's
  CHECK(clamped.items[1].entry.mtime == 7);
  const Delta kept = delta_to(listed(), base_image(), std::nullopt, 1);
  REQUIRE(delta_paths(kept) == "d/f f new");
  CHECK(kept.items[0].entry.mtime == 9);
}

TEST_CASE("an upper directory has what changed, and says what is hidden") {
  CHECK(delta_paths({{.path = ".wh.g"}, delta_directory("d"), {.path = "d/.wh..wh..opq"}, {.path = "d/new"}},
                    base_image()) == "d/new -d/f -g");
  CHECK(delta_paths({{.path = ".wh.never"}, {.path = "new"}}, base_image()) == "new");
  CHECK(delta_paths({{.path = ".wh.d"}}, base_image()) == "-d");
}

TEST_CASE("a tree that has nothing of the image is none of it") {
  CHECK_FALSE(delta_to(delta_items({{.path = "x"}}), base_image(), 0, 1).is_related);
  CHECK_FALSE(delta_to({}, base_image(), 0, 1).is_related);
  CHECK(delta_to(delta_items({{.path = "f"}}), base_image(), 0, 1).is_related);
  CHECK(delta_to(delta_items({{.path = "x"}}), Tree(), 0, 1).is_related);
}
