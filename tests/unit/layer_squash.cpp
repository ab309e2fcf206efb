// SPDX-License-Identifier: Apache-2.0
#include "layer/squash.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace fn::layer;

namespace {

Item squash_item(const std::string& path, Type type = Type::file, const std::string& link = {}) {
  Item made;
  made.entry.path = path;
  made.entry.type = type;
  made.entry.link = link;
  return made;
}

std::string joined_paths(const std::vector<Item>& items) {
  std::string all;
  for (const Item& one : items) all += (all.empty() ? "" : " ") + one.entry.path;
  return all;
}

}  // namespace

TEST_CASE("a whiteout hides a file of the layers below and is gone") {
  CHECK(joined_paths(squash({{squash_item("a"), squash_item("b")}, {squash_item(".wh.a"), squash_item("c")}})) ==
        "b c");
}

TEST_CASE("a whiteout in a folder hides a tree there, and nothing of the same name elsewhere") {
  const auto squashed = squash({{squash_item("x", Type::directory), squash_item("d", Type::directory),
                                 squash_item("d/x", Type::directory), squash_item("d/x/y")},
                                {squash_item("d/.wh.x")}});
  CHECK(joined_paths(squashed) == "d x");
}

TEST_CASE("an opaque folder keeps itself and what its own layer brings") {
  const auto squashed =
      squash({{squash_item("d", Type::directory), squash_item("d/old")},
              {squash_item("d/.wh..wh..opq"), squash_item("d/new"), squash_item("d", Type::directory)}});
  CHECK(joined_paths(squashed) == "d d/new");
}

TEST_CASE("a whiteout does not hide what its own layer brings") {
  CHECK(joined_paths(squash({{squash_item("a")}, {squash_item(".wh.a"), squash_item("a", Type::directory)}})) == "a");
}

TEST_CASE("names with the signs of patterns mean themselves") {
  CHECK(joined_paths(squash({{squash_item("[a]"), squash_item("a"), squash_item("*")},
                             {squash_item(".wh.[a]"), squash_item(".wh.*")}})) == "a");
}

TEST_CASE("a hard link lives on when its first name is deleted") {
  const auto squashed = squash({{squash_item("a"), squash_item("b", Type::hardlink, "a")}, {squash_item(".wh.a")}});
  CHECK(joined_paths(squashed) == "b");
  CHECK(squashed.front().entry.type == Type::file);
}
