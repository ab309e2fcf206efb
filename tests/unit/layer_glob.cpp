// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "layer/glob.hpp"
#include "layer/pattern.hpp"
#include "layer_support.hpp"

#include <chrono>

using fn::layer::glob_match;

TEST_CASE("a pattern without a slash is matched against the last component") {
  CHECK(glob_match("*.pyc", "a/b/c.pyc"));
  CHECK(glob_match("c", "a/b/c"));
  CHECK_FALSE(glob_match("b", "a/b/c"));
  CHECK_FALSE(glob_match("*.pyc", "a.pyc/b"));
}

TEST_CASE("stars and question marks stay in their component") {
  CHECK(glob_match("a/*", "a/b"));
  CHECK(glob_match("a/*", "a/"));
  CHECK_FALSE(glob_match("a/*", "a/b/c"));
  CHECK(glob_match("a/*/c", "a/b/c"));
  CHECK(glob_match("a/?", "a/b"));
  CHECK_FALSE(glob_match("a?b", "x/a/b"));
  CHECK_FALSE(glob_match("a/x?b", "a/x/b"));
  CHECK(glob_match("/a/*b*c", "a/xbxbc"));
  CHECK_FALSE(glob_match("/a/*b*c", "a/xb/c"));
}

TEST_CASE("two stars cross components") {
  CHECK(glob_match("a/**", "a/b/c"));
  CHECK_FALSE(glob_match("a/**", "a"));
  CHECK(glob_match("**/c", "c"));
  CHECK(glob_match("**/c", "a/b/c"));
  CHECK_FALSE(glob_match("**/c", "a/bc"));
  CHECK(glob_match("a/**/c", "a/c"));
  CHECK(glob_match("a/**/c", "a/b/b/c"));
  CHECK_FALSE(glob_match("a/**/c", "a/bc"));
  CHECK(glob_match("a/**b/c", "a/x/yb/c"));
  CHECK(glob_match("**/a/**/*.so", "usr/a/x/y/z.so"));
  CHECK(glob_match("**/*/x", "a/b/x"));
  CHECK_FALSE(glob_match("**/*/x", "x"));
}

TEST_CASE("sets, ranges and escapes") {
  CHECK(glob_match("[a-c]x", "bx"));
  CHECK_FALSE(glob_match("[a-c]x", "dx"));
  CHECK(glob_match("[!a-c]x", "dx"));
  CHECK_FALSE(glob_match("a/[!x]b", "a//b"));
  CHECK(glob_match("[]]", "]"));
  CHECK(glob_match("[a-]", "-"));
  CHECK(glob_match("[", "["));
  CHECK(glob_match("[a", "[a"));
  CHECK(glob_match("\\*", "*"));
  CHECK_FALSE(glob_match("\\*", "x"));
  CHECK(glob_match("\\", "\\"));
}

TEST_CASE("bytes over 127 are ordered as on every processor") {
  CHECK(glob_match("[a-\xff]", "\xc3"));
  CHECK_FALSE(glob_match("[\xc0-\xff]", "a"));
}

TEST_CASE("patterns made to be slow are not") {
  const auto start = std::chrono::steady_clock::now();
  std::string stars, directories, path;
  for (int i = 0; i < 30; ++i) stars += "*a", directories += "**/a*/";
  for (int i = 0; i < 1000; ++i) path += "aa/";
  CHECK_FALSE(glob_match("x/" + stars + "b", "x/" + std::string(4000, 'a')));
  CHECK_FALSE(glob_match(directories + "b", path + "c"));
  CHECK_FALSE(glob_match("**/**/**/**/**/**/**/**/b", path + "c"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10) * FN_PATIENCE);
}

TEST_CASE("a pattern of a selection has the habits of gitignore") {
  using fn::layer::Pattern;
  CHECK(Pattern("x/").matches("a/x", true));
  CHECK_FALSE(Pattern("x/").matches("a/x", false));
  CHECK_FALSE(Pattern("/x/").matches("a/x", true));
  CHECK_FALSE(Pattern("./x").matches("a/x", false));
  CHECK(Pattern("./x").matches("x", false));
  CHECK(Pattern("a//./x/").matches("a/x", true));
  CHECK(Pattern("[^b]x").matches("ax", false));
  for (const char* wrong : {"", "/", "./", "..", "a/../b", "[a", "\\\\[", "x\\", "[z-a]", "[!b-a]", "!x"})
    CHECK_THROWS_AS(Pattern{wrong}, fn::Error);
  for (const char* right : {"\\!x", "\\[", "[]]", "[a-]", "[a-z-b]", "[!]]", "**/"}) CHECK_NOTHROW(Pattern{right});
}
