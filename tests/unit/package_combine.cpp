// SPDX-License-Identifier: Apache-2.0
#include "package/cache.hpp"
#include "package_support.hpp"

using namespace fn;
using namespace fn::package;

namespace {

const std::vector<Package> sample{
    {Ecosystem::dpkg, "bash", "5.2", "amd64", "", {"bin", "bin/bash", "etc/skel/.bashrc"}},
    {Ecosystem::dpkg, "libc6", "2.36", "amd64", "", {}},
    {Ecosystem::rpm, std::string("n\0m", 3), "1-2", "", "", {"a", "ab", "abc", std::string(300, 'x')}},
    {Ecosystem::npm, "\xff", "1", "", "srv/node_modules/\xff", {}}};

}  // namespace

TEST_CASE("what a status says and what lists say become one, whatever came first") {
  const auto combined = combine({{Ecosystem::dpkg, "b", "", "", "", {"z", "a"}},
                                 {Ecosystem::dpkg, "b", "1", "all", "", {}},
                                 {Ecosystem::dpkg, "b", "", "", "", {"a", "c"}}});
  CHECK(combined == std::vector<Package>{{Ecosystem::dpkg, "b", "1", "all", "", {"a", "c", "z"}}});
}

TEST_CASE("files of two architectures stay with theirs") {
  const auto combined = combine({{Ecosystem::dpkg, "libc6", "1", "i386", "", {}},
                                 {Ecosystem::dpkg, "libc6", "1", "amd64", "", {}},
                                 {Ecosystem::dpkg, "libc6", "", "i386", "", {"lib/i"}},
                                 {Ecosystem::dpkg, "libc6", "", "amd64", "", {"lib/a"}},
                                 {Ecosystem::dpkg, "libc6", "", "arm64", "", {"lib/none"}}});
  REQUIRE(combined.size() == 2);
  CHECK(combined[0].architecture == "amd64");
  CHECK(combined[0].files == Files{"lib/a"});
  CHECK(combined[1].files == Files{"lib/i"});
}

TEST_CASE("files of what is not installed are nobody's") {
  CHECK(combine({{Ecosystem::dpkg, "gone", "", "", "", {"etc/gone.conf"}}}).empty());
  CHECK(combine({}).empty());
}

TEST_CASE("a directory of Python's that spells the name in another way is that package's") {
  const auto combined = combine({{Ecosystem::pip, "ruamel_yaml", "", "", "lib", {"lib/ruamel/yaml.py"}},
                                 {Ecosystem::pip, "Ruamel.Yaml", "0.17", "", "lib", {}},
                                 {Ecosystem::pip, "ruamel.yaml", "0.16", "", "other", {}}});
  REQUIRE(combined.size() == 2);
  CHECK(combined[0] == Package{Ecosystem::pip, "Ruamel.Yaml", "0.17", "", "lib", {"lib/ruamel/yaml.py"}});
  CHECK(combined[1].files.empty());
}

TEST_CASE("two versions side by side, as of a kernel, stay two; the same one in two databases is one") {
  const auto combined = combine({{Ecosystem::rpm, "kernel", "5.2-1", "x86_64", "", {"boot/2"}},
                                 {Ecosystem::rpm, "kernel", "5.1-1", "x86_64", "", {"boot/1"}},
                                 {Ecosystem::rpm, "kernel", "5.1-1", "x86_64", "", {"boot/1"}}});
  CHECK(combined == std::vector<Package>{{Ecosystem::rpm, "kernel", "5.1-1", "x86_64", "", {"boot/1"}},
                                         {Ecosystem::rpm, "kernel", "5.2-1", "x86_64", "", {"boot/2"}}});
}

TEST_CASE("packages are sorted by ecosystem, root and name") {
  const auto combined = combine({{Ecosystem::npm, "a", "1", "", "y", {}},
                                 {Ecosystem::npm, "b", "1", "", "x", {}},
                                 {Ecosystem::apk, "z", "1", "", "", {}},
                                 {Ecosystem::dpkg, "c", "1", "", "", {}},
                                 {Ecosystem::dpkg, "b", "1", "", "", {}}});
  CHECK(summary(combined) == Files{"b 1  ", "c 1  ", "z 1  ", "b 1  x", "a 1  y"});
}

TEST_CASE("each ecosystem has a name") {
  CHECK(ecosystem_name(Ecosystem::dpkg) == "dpkg");
  CHECK(ecosystem_name(Ecosystem::apk) == "apk");
  CHECK(ecosystem_name(Ecosystem::rpm) == "rpm");
  CHECK(ecosystem_name(Ecosystem::pip) == "pip");
  CHECK(ecosystem_name(Ecosystem::npm) == "npm");
}

TEST_CASE("a cache gives back what was put in, whatever is in the names") {
  CHECK(decode(encode(sample)) == sample);
  CHECK(decode(encode({})).empty());
}

TEST_CASE("a cache is far smaller than the paths in it") {
  Package package{Ecosystem::dpkg, "doc", "1", "all", "", {}};
  std::size_t plain = 0;
  for (int i = 1000; i < 2000; ++i) {
    package.files.push_back(fmt::format("usr/share/doc/a-package/html/page-{}.html", i));
    plain += package.files.back().size();
  }
  CHECK(encode({package}).size() * 3 < plain);
}

TEST_CASE("no damage of a cache goes unseen") {
  const std::string bytes = encode(sample);
  CHECK(error_of([&] { decode(""); }).starts_with("integrity: not a package list"));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    if (error_of([&] { decode(bytes.substr(0, size)); }) == "nothing") FAIL_CHECK("cut to ", size);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    if (!error_of([&] { decode(damaged); }).starts_with("integrity: ")) FAIL_CHECK("changed at ", at);
  }
}
