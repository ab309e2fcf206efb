// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"

#include <doctest/doctest.h>

using namespace fn;

TEST_CASE("distances count inserts, deletes, substitutions and swapped neighbours") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("biuld", "build") == 1);
  CHECK(edit_distance("ca", "abc") == 3);  // optimal string alignment: no edit inside a swapped pair
}

TEST_CASE("a slip of the finger finds its verb") {
  const std::vector<std::string> verbs{"build", "ls", "gc", "diff", "update"};
  CHECK(closest("biuld", verbs) == "build");
  CHECK(closest("sl", verbs) == "ls");
  CHECK(closest("updte", verbs) == "update");
  CHECK(closest("remove", verbs) == "");
  CHECK(closest("", verbs) == "");
  CHECK(closest("aa", {"ab", "ac"}) == "ab");
  CHECK(closest("xyzzy", {"xyz12", "xyzz1"}) == "xyzz1");
}

TEST_CASE("the suggestion is a question, and something else if nothing is near") {
  CHECK(did_you_mean("biuld", {"build"}) == "did you mean 'build'?");
  CHECK(did_you_mean("x-ray", {"build"}, "run 'fnimg help'") == "run 'fnimg help'");
  CHECK(did_you_mean("x-ray", {}) == "");
}
