// SPDX-License-Identifier: Apache-2.0
#include "layer_apply_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;

TEST_CASE("a whiteout hides what lower layers brought, and nothing of its own layer") {
  const Layer lower{dir("d"), file("d/a", "old"), file("d/b", "old"), dir("d/sub"), file("d/sub/x", "old")};
  SUBCASE("a file and a whole directory") {
    Target target;
    target.apply(lower).apply({whiteout("d/.wh.a"), whiteout("d/.wh.sub"), whiteout("d/.wh.absent")}).finish();
    CHECK(!target.has("d/a"));
    CHECK(!target.has("d/sub"));
    CHECK(target.has("d/b"));
    CHECK(!target.has("d/.wh.a"));
  }
  SUBCASE("before the entry of the same name") {
    Target target;
    target.apply(lower).apply({whiteout("d/.wh.a"), file("d/a", "new")}).finish();
    CHECK(target.read("d/a") == "new");
  }
  SUBCASE("after the entry of the same name") {
    Target target;
    target.apply(lower).apply({file("d/a", "new"), whiteout("d/.wh.a")}).finish();
    CHECK(target.read("d/a") == "new");
  }
  SUBCASE("a directory with entries of the same layer loses the lower ones and its description") {
    Target target;
    target.apply({dir("d", 0700), file("d/old")}).apply({file("d/new"), whiteout(".wh.d")}).finish();
    CHECK(target.has("d/new"));
    CHECK(!target.has("d/old"));
    CHECK(target.mode("d") == 0755);
  }
  SUBCASE("a link of the same layer is not followed on the way") {
    Target target;
    target.apply(lower).apply({soft("s/l", "../d"), whiteout(".wh.s"), whiteout("s/.wh..wh..opq")}).finish();
    CHECK(target.read_link("s/l") == "../d");
    CHECK(target.has("d/a"));
  }
  SUBCASE("in the lowest layer there is nothing to hide") {
    Target target;
    target.apply({file("a"), whiteout(".wh.a"), whiteout(".wh..wh..opq")}).finish();
    CHECK(target.has("a"));
  }
}

TEST_CASE("an opaque directory hides all that was below, wherever the marker stands") {
  const Layer lower{dir("d"), file("d/a"), dir("d/s", 0700), file("d/s/x"), dir("d/t"), file("d/t/y"), file("e")};
  const std::vector<Layer> uppers = {
      {whiteout("d/.wh..wh..opq"), dir("d"), file("d/new"), file("d/s/z")},
      {dir("d"), file("d/new"), file("d/s/z"), whiteout("d/.wh..wh..opq")},
      {file("d/s/z"), whiteout("d/.wh..wh..opq"), file("d/new")},
  };
  for (const Layer& upper : uppers) {
    Target target;
    target.apply(lower).apply(upper).finish();
    CHECK(target.has("d/new"));
    CHECK(target.has("d/s/z"));
    CHECK(!target.has("d/a"));
    CHECK(!target.has("d/s/x"));
    CHECK(!target.has("d/t"));
    CHECK(target.has("e"));
    CHECK(target.mode("d/s") == 0755);
  }
}

TEST_CASE("a whiteout where there is nothing makes nothing") {
  Target target;
  target.apply({file("f")}).apply({whiteout("a/b/.wh.c"), whiteout("f/.wh.c"), whiteout("x/.wh..wh..opq")}).finish();
  CHECK(!target.has("a"));
  CHECK(!target.has("x"));
  CHECK(target.has("f"));
}

TEST_CASE("whiteouts that name nothing are refused") {
  CHECK(refusal({{whiteout("d/.wh.")}}) == "'d/.wh.': whiteout without a name");
  CHECK(refusal({{whiteout(".wh..")}}) == "'.wh..': whiteout without a name");
  CHECK(refusal({{whiteout(".wh...")}}) == "'.wh...': whiteout without a name");
  CHECK(refusal({{file(".wh.d/f")}}) == "'.wh.d': a whiteout cannot be a directory");
}

TEST_CASE("markers without number do not cost without end") {
  Layer upper{dir("d")};
  for (int n = 0; n < 3000; ++n) upper.push_back(file(fmt::format("d/{}", n), ""));
  for (int n = 0; n < 20000; ++n) upper.push_back(whiteout(n % 2 == 0 ? ".wh.d" : "d/.wh..wh..opq"));
  Target target;
  target.apply({file("d/old")}).apply(upper).finish();
  CHECK(!target.has("d/old"));
  CHECK(target.has("d/2999"));
}
