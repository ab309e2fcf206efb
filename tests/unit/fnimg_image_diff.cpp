// SPDX-License-Identifier: Apache-2.0
#include "diff/image_diff.hpp"
#include "fnimg_support.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;
using package::Ecosystem;
using package::Package;

namespace {

using Packages = std::vector<Package>;
using Lines = std::vector<std::string>;

Package dpkg(std::string name, std::string version, std::string architecture = "amd64") {
  return {.ecosystem = Ecosystem::dpkg,
          .name = std::move(name),
          .version = std::move(version),
          .architecture = std::move(architecture),
          .root = {},
          .files = {}};
}

Package npm(std::string root, std::string version) {
  return {.ecosystem = Ecosystem::npm,
          .name = "left-pad",
          .version = std::move(version),
          .architecture = {},
          .root = std::move(root),
          .files = {}};
}

ImageDiff diff_of(ImageFiles from, ImageFiles to, Side& a, Side& b) {
  a.files = std::move(from);
  b.files = std::move(to);
  return diff_images(a, b, 0);
}

// A line for each package that differs: "curl 1 < 2", "curl + 1", "curl - 1".
Lines changes(const Packages& before, const Packages& after) {
  Side a, b;
  Lines lines;
  for (const PackageChange& change : diff_of(image_with(before), image_with(after), a, b).packages) {
    const std::string& name = change.package().name;
    if (!change.before) {
      lines.push_back(fmt::format("{} + {}", name, change.after->version));
    } else if (!change.after) {
      lines.push_back(fmt::format("{} - {}", name, change.before->version));
    } else {
      const char sign = change.direction > 0 ? '<' : change.direction < 0 ? '>' : '=';
      lines.push_back(fmt::format("{} {} {} {}", name, change.before->version, sign, change.after->version));
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("the same packages are no difference") {
  const Packages packages{dpkg("curl", "7.88"), npm("srv", "1.0.0")};
  CHECK(changes(packages, packages) == Lines{});
  CHECK(changes({}, {}) == Lines{});
}

TEST_CASE("versions go up and down by the rules of their ecosystem, not by their letters") {
  CHECK(changes({dpkg("curl", "7.9")}, {dpkg("curl", "7.10")}) == Lines{"curl 7.9 < 7.10"});
  CHECK(changes({dpkg("curl", "7.10")}, {dpkg("curl", "7.9")}) == Lines{"curl 7.10 > 7.9"});
  CHECK(changes({dpkg("curl", "1:1")}, {dpkg("curl", "2")}) == Lines{"curl 1:1 > 2"});
  CHECK(changes({dpkg("curl", "1.0~rc1")}, {dpkg("curl", "1.0")}) == Lines{"curl 1.0~rc1 < 1.0"});
  CHECK(changes({npm("srv", "1.0.0-rc.1")}, {npm("srv", "1.0.0")}) == Lines{"left-pad 1.0.0-rc.1 < 1.0.0"});
}

TEST_CASE("packages come and go") {
  CHECK(changes({dpkg("a", "1"), dpkg("b", "1")}, {dpkg("b", "1"), dpkg("c", "2")}) == Lines{"a - 1", "c + 2"});
}

TEST_CASE("of several versions of one name only those that differ are named") {
  CHECK(changes({dpkg("linux", "5"), dpkg("linux", "6")}, {dpkg("linux", "6"), dpkg("linux", "7")}) ==
        Lines{"linux 5 < 7"});
  CHECK(changes({dpkg("linux", "5"), dpkg("linux", "6")}, {dpkg("linux", "6")}) == Lines{"linux - 5"});
  CHECK(changes({dpkg("linux", "6")}, {dpkg("linux", "6"), dpkg("linux", "7")}) == Lines{"linux + 7"});
}

TEST_CASE("one name in two places or for two architectures is two packages") {
  CHECK(changes({npm("a", "1.0.0"), npm("b", "1.0.0")}, {npm("a", "1.0.0"), npm("b", "2.0.0")}) ==
        Lines{"left-pad 1.0.0 < 2.0.0"});
  CHECK(changes({dpkg("libc6", "1", "amd64")}, {dpkg("libc6", "1", "i386")}) == Lines{"libc6 - 1", "libc6 + 1"});
}

TEST_CASE("sums say how much came and went") {
  Side a, b;
  layer::File touched = file("time", "x");
  touched.entry.mtime = 5;
  const ImageDiff diff = diff_of(
      image_of(
          {{file("gone", "123"), file("grown", "1"), file("shrunk", "1234"), file("same", "1"), file("time", "x")}}),
      image_of({{file("come", "12345"), file("grown", "123"), file("shrunk", "12"), file("same", "1"), touched}}), a,
      b);
  CHECK(diff.sums.added == 1);
  CHECK(diff.sums.removed == 1);
  CHECK(diff.sums.modified == 2);
  CHECK(diff.sums.time_only == 1);
  CHECK(diff.sums.added_bytes == 5 + 2);
  CHECK(diff.sums.removed_bytes == 3 + 2);
}

TEST_CASE("a content that the old image has under another path is not fetched") {
  Side a, b;
  const ImageDiff diff =
      diff_of(image_of({{file("old", "content")}}), image_of({{file("new", "content"), file("more", "12")}}), a, b);
  CHECK(diff.fetch.chunks == 1);
  CHECK(diff.fetch.chunk_bytes == 2);
  CHECK(diff.fetch.known_chunks == 1);
  CHECK(diff.fetch.known_bytes == 7);
}
