// SPDX-License-Identifier: Apache-2.0
#include "package/version.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <string>
#include <string_view>
#include <vector>

using namespace fn::package;

namespace {

using Versions = std::vector<std::string_view>;

int sign(int value) {
  return (value > 0) - (value < 0);
}

// Each is older than all that follow it.
void check_order(Ecosystem ecosystem, const Versions& versions) {
  for (std::size_t i = 0; i < versions.size(); ++i) {
    for (std::size_t k = 0; k < versions.size(); ++k) {
      const int wanted = (i > k) - (i < k);
      const int found = sign(compare_versions(ecosystem, versions[i], versions[k]));
      if (found != wanted) FAIL_CHECK(ecosystem_name(ecosystem), ": ", versions[i], " and ", versions[k]);
    }
  }
}

void check_same(Ecosystem ecosystem, std::string_view a, std::string_view b) {
  CAPTURE(a);
  CHECK(compare_versions(ecosystem, a, b) == 0);
  CHECK(compare_versions(ecosystem, b, a) == 0);
}

}  // namespace

// What these say is what dpkg --compare-versions, rpm's Lua function rpm.vercmp, Python's packaging and npm's semver
// say of the same lists, and of some 10,000 random ones.
TEST_CASE("dpkg: a tilde comes before the end, letters before signs, epochs before all") {
  check_order(Ecosystem::dpkg, {"1.0~~", "1.0~~a", "1.0~", "1.0~rc1-1", "1.0", "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1",
                                "1.0-1.1", "1.0-2", "1.0-10", "1.0a", "1.0+dfsg-1", "1.0.1", "1.9", "1.10", "2:0.1"});
  check_same(Ecosystem::dpkg, "1.0", "0:1.00-0");
}

TEST_CASE("rpm: separators are all alike, a tilde comes before the end and a caret right after it") {
  check_order(Ecosystem::rpm, {"1.0~rc1-1", "1.0-1", "1.0-1.el7", "1.0-2", "1.0^git1-1", "1.0a-1", "1.0.1-1", "1.9-1",
                               "1.10-1", "1:0.1-1"});
  check_same(Ecosystem::rpm, "0:1.0-1", "1_00-01");
  check_same(Ecosystem::rpm, "1.0.-1", "1.0-1");
}

TEST_CASE("apk: suffixes before and after a release, and zeros in front that make a fraction") {
  check_order(Ecosystem::apk, {"1.0_alpha_pre2",
                               "1.0_alpha",
                               "1.0_alpha2",
                               "1.0_alpha10",
                               "1.0_beta",
                               "1.0_pre1",
                               "1.0_rc1",
                               "1.0",
                               "1.0-r1",
                               "1.0-r10",
                               "1.0_git20240101",
                               "1.0_p1",
                               "1.0_p1-r1",
                               "1.0_p9",
                               "1.0_p10",
                               "1.0a",
                               "1.0b-r1",
                               "1.0.1",
                               "1.02",
                               "1.06-r6",
                               "1.1",
                               "1.9",
                               "1.10",
                               "006",
                               "20050718"});
}

TEST_CASE("Python: PEP 440's own order") {
  check_order(Ecosystem::pip, {"nonsense", "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0a1.post1.dev2", "1.0a1.post1",
                               "1.0b2", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post1.dev3",
                               "1.0.post1", "1.1.dev1", "1.9", "1.10", "1!0.1"});
}

TEST_CASE("Python: ways to write the same") {
  check_same(Ecosystem::pip, "1.0", " v1.0.0 ");
  check_same(Ecosystem::pip, "1.0rc1", "1.0-PREVIEW_01");
  check_same(Ecosystem::pip, "1.0-2", "1.0.rev2");
  check_same(Ecosystem::pip, "1.0a.dev", "1.0alpha0dev0");
  check_same(Ecosystem::pip, "1.0+Ubuntu-1", "1.0+ubuntu.1");
}

TEST_CASE("npm: what comes before a release, and builds that don't count") {
  check_order(Ecosystem::npm,
              {"nonsense", "1.0.0-9", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
               "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0"});
  check_same(Ecosystem::npm, "v1.0.0+build5", "1.0.0");
}

TEST_CASE("numbers longer than any integer are still numbers") {
  const std::string small = "1." + std::string(40, '8');
  const std::string large = "1." + std::string(39, '9') + "10";
  for (const auto ecosystem : {Ecosystem::dpkg, Ecosystem::apk, Ecosystem::rpm, Ecosystem::pip, Ecosystem::npm})
    check_order(ecosystem, {small, large});
}

TEST_CASE("the order is total, on nonsense too") {
  std::vector<std::string> versions{""};
  for (std::size_t i = 0; i < 40; ++i) {
    std::string version;
    for (std::size_t k = 0, seed = i * 7919 + 13; k < i % 6 + 1; ++k, seed = (seed * 1103515245 + 12345) & 0x7fffffff)
      version += std::string_view("01.9-_~^:+!a_rpv\xff /")[seed / 64 % 19];
    versions.push_back(version);
  }
  for (const auto e : {Ecosystem::dpkg, Ecosystem::apk, Ecosystem::rpm, Ecosystem::pip, Ecosystem::npm}) {
    for (const auto& a : versions) {
      for (const auto& b : versions) {
        const int ab = sign(compare_versions(e, a, b));
        if (ab != -sign(compare_versions(e, b, a))) FAIL_CHECK(a, " and ", b);
        for (const auto& c : versions)
          if (ab <= 0 && compare_versions(e, b, c) <= 0 && compare_versions(e, a, c) > 0) FAIL_CHECK(a, " ", b, " ", c);
      }
    }
  }
}

TEST_CASE("a version of a megabyte takes no time to speak of") {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view piece : {"1.", "a1", "~", "-r", "_p", "1-", "+"}) {
    std::string version = "1";
    while (version.size() < 1'000'000) version += piece;
    for (const auto e : {Ecosystem::dpkg, Ecosystem::apk, Ecosystem::rpm, Ecosystem::pip, Ecosystem::npm})
      CHECK(compare_versions(e, version, version) == 0);
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10) * FN_PATIENCE);
}
