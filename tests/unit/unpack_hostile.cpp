// SPDX-License-Identifier: Apache-2.0
#include "unpack_stack.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;
using rootfs::test::BothForms;
using rootfs::test::Stack;

namespace {

// Makes the layers beside a file that nobody may touch; what they are refused for.
std::string make_beside_precious(const std::function<Stack(const std::string& outside)>& stack_for) {
  const Scratch scratch;
  scratch.write("outside", "precious");
  scratch.write("around/outside", "precious too");
  std::filesystem::create_directory(scratch.path("layers"));
  BothForms both(scratch.path("layers"));
  const std::string refusal = rootfs::test::refusal_of([&] { both.make_overlay(stack_for(scratch.path("outside"))); });
  CHECK(scratch.read("outside") == "precious");
  CHECK(scratch.read("around/outside") == "precious too");
  struct stat status {};
  CHECK(lstat(scratch.path("outside").c_str(), &status) == 0);
  CHECK(status.st_nlink == 1);
  return refusal;
}

}  // namespace

TEST_CASE("a lower layer's link leads no entry of an upper layer out") {
  for (const char* out : {"/", "..", "../..", "../../..", "/etc", "a/../../..", "../../around"}) {
    CAPTURE(out);
    const Stack stack{
        {dir(""), soft("l", out), dir("a")},
        {file("l/outside", "mine"), dir("l/etc", 0700), file("l/etc/passwd", "mine"), soft("l/link", "/etc/passwd"),
         whiteout("l/.wh.around")},
        {whiteout("l/.wh.outside"), whiteout("l/.wh..wh..opq"), file("l/x/y", "mine"), hard("l/z", "l/x/y")}};
    CHECK(make_beside_precious([&](const std::string&) { return stack; }) == "");
    CHECK(rootfs::test::difference({stack}, 1) == "");
  }
}

TEST_CASE("a lower layer's link to a file gives way") {
  CHECK(make_beside_precious([](const std::string& outside) -> Stack {
          return {{soft("l", outside), soft("m", outside)},
                  {file("l", "mine"), hard("n", "m"), file("n", "mine"), dir("m"), file("m/outside", "mine")}};
        }) == "");
}

TEST_CASE("a lower layer's link that is covered is followed no more") {
  const Layer lower{dir(""), dir("d"), soft("l", "d")};
  CHECK(rootfs::test::difference({{lower, {file("l/x"), dir("l"), file("l/y")}}}, 1) == "");
  CHECK(rootfs::test::difference({{lower, {file("l/x"), soft("l", "e"), file("l/y")}}}, 1) == "");
  CHECK(rootfs::test::difference({{lower, {file("l/x"), whiteout(".wh.l"), file("l/y")}}}, 1) == "");
  CHECK(rootfs::test::difference({{lower, {file("l/x"), file("l"), file("l/y")}}}, 0) == "");
}

TEST_CASE("an upper layer's hard link fetches nothing from outside") {
  const auto refusal = [](const Stack& stack) { return make_beside_precious([&](const auto&) { return stack; }); };
  CHECK(refusal({{soft("up", "..")}, {hard("h", "up/outside")}}) ==
        "'h': a hard link to 'up/outside', which is missing");
  CHECK(refusal({{soft("e", "/etc")}, {hard("h", "e/passwd")}}) == "'h': a hard link to 'e/passwd', which is missing");
  CHECK(make_beside_precious([](const std::string& outside) -> Stack {
          return {{file("f")}, {hard("h", outside.substr(1))}};
        }).ends_with("which is missing"));
  CHECK(refusal({{file("d/f")}, {hard("d", "d/f")}}) == "'d': a hard link to 'd/f', which is missing");
  CHECK(refusal({{soft("up", "..")}, {whiteout(".wh.up"), hard("h", "up/outside")}}) ==
        "'h': a hard link to 'up/outside', which is missing");
  CHECK(refusal({{file("d/f")}, {whiteout(".wh.d")}, {whiteout(".wh.x"), hard("h", "d/f")}}) ==
        "'h': a hard link to 'd/f', which is missing");
}

TEST_CASE("the root stays a directory of ours") {
  const auto refusal = [](const Stack& stack) { return make_beside_precious([&](const auto&) { return stack; }); };
  CHECK(refusal({{dir("")}, {soft("", "/etc")}}) == "tar: an entry of type symlink without a name");
  CHECK(refusal({{dir("")}, {file("", "x")}}) != "");
  CHECK(refusal({{dir("")}, {soft("d/../.", "/etc")}}) != "");
}

TEST_CASE("overlayfs's own marks can't come out of an image") {
  Member marked = dir("d");
  marked.entry.xattrs = {{"user.overlay.opaque", "y"}, {"user.overlay.redirect", "/etc"}, {"user.note", "kept"}};
  const Stack stack{{dir(""), file("d/f"), file("gone")}, {marked}};
  const Scratch scratch;
  BothForms both(scratch.path());
  both.make_overlay(stack);
  CHECK(rootfs::test::xattrs_of(scratch.path("1/d")) == " user.note=kept");
  CHECK(rootfs::test::difference({stack}, 1) == "");
}

TEST_CASE("a device 0:0, which would be a whiteout, is left out and still hides what it replaces") {
  Member device = entry(Type::char_device, "f");
  Stack stack{{dir(""), file("f")}, {device}};
  const Scratch scratch;
  BothForms both(scratch.path());
  both.make_overlay(stack);
  both.make_plain({{dir("")}});
  CHECK(rootfs::test::in_child([&] {
          rootfs::test::enter_namespaces();
          return both.difference();
        }) == "");
}

TEST_CASE("links between layers in a circle are refused") {
  const Stack stack{{soft("a", "b")}, {soft("b", "a")}, {file("a/f")}};
  CHECK(make_beside_precious([&](const auto&) { return stack; }) == "'a': too many symbolic links");
}

TEST_CASE("many links to one file of a lower layer cost no space") {
  const Scratch scratch;
  BothForms both(scratch.path());
  Layer upper;
  for (int n = 0; n < 100; ++n) upper.push_back(hard(fmt::format("h{}", n), "large"));
  both.make_overlay({{file("large", std::string(MiB, 'x'))}, upper});
  struct stat first {};
  struct stat last {};
  REQUIRE(lstat(scratch.path("0/large").c_str(), &first) == 0);
  REQUIRE(lstat(scratch.path("1/h99").c_str(), &last) == 0);
  CHECK(first.st_ino == last.st_ino);
}
