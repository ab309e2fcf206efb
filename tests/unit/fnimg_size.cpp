// SPDX-License-Identifier: Apache-2.0
#include "analysis/image_size.hpp"
#include "analysis/package_size.hpp"
#include "analysis/waste.hpp"
#include "fnimg_support.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;

namespace {

using Lines = std::vector<std::string>;

std::string text_of(const Size& size) {
  return fmt::format("{} in {}", size.bytes, size.files);
}

Lines directories(const ImageFiles& image, std::size_t depth) {
  Lines lines;
  for (const DirectorySize& one : directory_sizes(image.tree, depth))
    lines.push_back(fmt::format("{}: {}", one.path, text_of(one.size)));
  return lines;
}

// "PATH: BYTES, of LAYER, by LAYER".
Lines lost(const std::vector<LostFile>& files) {
  Lines lines;
  for (const LostFile& one : files)
    lines.push_back(fmt::format("{}: {}, of {}, by {}", one.path, one.bytes, one.layer, one.by));
  return lines;
}

}  // namespace

TEST_CASE("a layer has what its tar has, an image what its stack makes") {
  const ImageFiles image =
      image_of({{directory("d"), file("d/a", "1234"), hardlink("d/b", "d/a"), softlink("l", "d/a")},
                {file("d/a", "12"), file("d/.wh.b"), file("c", "1")}});
  CHECK(text_of(size_of(image.layers[0])) == "4 in 2");  // a link is a file of no bytes, a hard link none
  CHECK(text_of(size_of(image.layers[1])) == "3 in 2");
  CHECK(text_of(size_of(image.tree)) == "3 in 3");
}

TEST_CASE("directories have all that is below them, the largest first") {
  const ImageFiles image =
      image_of({{directory("empty"), directory("usr"), directory("usr/lib"), file("usr/lib/x", "12345"),
                 file("usr/y", "1"), directory("etc"), file("etc/z", "12"), file("top", "123456789")}});
  CHECK(directories(image, 1) == Lines{"usr: 6 in 2", "etc: 2 in 1", "empty: 0 in 0"});
  CHECK(directories(image, 2) == Lines{"usr: 6 in 2", "usr/lib: 5 in 1", "etc: 2 in 1", "empty: 0 in 0"});
}

TEST_CASE("a package has its files where the image has them, and the rest is nobody's") {
  ImageFiles image = image_of({{directory("usr"), directory("usr/bin"), softlink("bin", "usr/bin"), file("db", "x"),
                                file("usr/bin/ls", "123"), file("home", "12345")}});
  image.layers[0].package_lists.push_back({.path = "db",
                                           .packages = package::encode({{.name = "coreutils",
                                                                         .version = "9",
                                                                         .architecture = "amd64",
                                                                         .root = "",
                                                                         .files = {"bin", "bin/ls", "gone"}}})});
  const PackageSizes sizes = package_sizes(image);
  REQUIRE(sizes.packages.size() == 1);
  CHECK(sizes.packages[0].package.name == "coreutils");
  CHECK(sizes.packages[0].size.bytes == 3);
  CHECK(sizes.unowned.bytes == 5 + 1);
}

TEST_CASE("an image that hides nothing wastes nothing") {
  const Waste waste = find_waste(image_of({{file("a", "1")}, {file("b", "2")}, {file("c")}}));
  CHECK(waste.bytes() == 0);
  CHECK(waste.layers == std::vector<Bytes>{0, 0, 0});
}

TEST_CASE("what a layer above overwrites or deletes is carried for nothing") {
  const Waste waste = find_waste(image_of({{file("a", "1234"), directory("d"), file("d/b", "12"), file("d/c", "123")},
                                           {file("a", "56789"), file(".wh.d")}}));
  CHECK(lost(waste.overwritten) == Lines{"a: 4, of 0, by 1"});
  CHECK(lost(waste.deleted) == Lines{"d/c: 3, of 0, by 1", "d/b: 2, of 0, by 1"});
  CHECK(waste.layers == std::vector<Bytes>{9, 0});
  CHECK(waste.bytes() == 9);
}

TEST_CASE("an opaque directory takes away what is below it, and the layer that has it is named") {
  const Waste waste = find_waste(
      image_of({{directory("d"), file("d/a", "1")}, {file("x", "y")}, {directory("d"), file("d/.wh..wh..opq")}}));
  CHECK(lost(waste.deleted) == Lines{"d/a: 1, of 0, by 2"});
}

TEST_CASE("a file whose other name stays is not lost") {
  const ImageFiles image = image_of({{file("a", "1234"), hardlink("b", "a")}, {file(".wh.a")}});
  CHECK(find_waste(image).bytes() == 0);
}

TEST_CASE("copies count but for the first, and hard links are no copies") {
  const Waste waste = find_waste(image_of(
      {{file("low", "1234"), hardlink("link", "low")}, {file("b", "1234"), file("c", "1234"), file("d", "xx")}}));
  REQUIRE(waste.duplicates.size() == 1);
  CHECK(waste.duplicates[0].paths == Lines{"low", "b", "c"});
  CHECK(waste.duplicates[0].bytes == 8);
  CHECK(waste.layers == std::vector<Bytes>{0, 8});
}
