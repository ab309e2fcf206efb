// SPDX-License-Identifier: Apache-2.0
#include "layer/squash.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace fn::layer;

namespace {

Item item(const std::string& path, Type type = Type::file, const std::string& link = {}) {
  Item made;
  made.entry.path = path;
  made.entry.type = type;
  made.entry.link = link;
  return made;
}

std::string paths(const std::vector<Item>& items) {
  std::string all;
  for (const Item& one : items) all += (all.empty() ? "" : " ") + one.entry.path;
  return all;
}

}  // namespace

TEST_CASE("a whiteout hides a file of the layers below and is gone") {
  CHECK(paths(squash({{item("a"), item("b")}, {item(".wh.a"), item("c")}})) == "b c");
}

TEST_CASE("a whiteout in a folder hides a tree there, and nothing of the same name elsewhere") {
  const auto squashed =
      squash({{item("x", Type::directory), item("d", Type::directory), item("d/x", Type::directory), item("d/x/y")},
              {item("d/.wh.x")}});
  CHECK(paths(squashed) == "d x");
}

TEST_CASE("an opaque folder keeps itself and what its own layer brings") {
  const auto squashed = squash({{item("d", Type::directory), item("d/old")},
                                {item("d/.wh..wh..opq"), item("d/new"), item("d", Type::directory)}});
  CHECK(paths(squashed) == "d d/new");
}

TEST_CASE("a whiteout does not hide what its own layer brings") {
  CHECK(paths(squash({{item("a")}, {item(".wh.a"), item("a", Type::directory)}})) == "a");
}

TEST_CASE("names with the signs of patterns mean themselves") {
  CHECK(paths(squash({{item("[a]"), item("a"), item("*")}, {item(".wh.[a]"), item(".wh.*")}})) == "a");
}

TEST_CASE("a hard link lives on when its first name is deleted") {
  const auto squashed = squash({{item("a"), item("b", Type::hardlink, "a")}, {item(".wh.a")}});
  CHECK(paths(squashed) == "b");
  CHECK(squashed.front().entry.type == Type::file);
}
