// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <utility>
#include <vector>

namespace fn::oci {
namespace {

const std::vector<std::string>& systems() {
  static const std::vector<std::string> names{"linux", "freebsd", "windows", "darwin"};
  return names;
}

const std::vector<std::string>& architectures() {
  static const std::vector<std::string> names{"amd64",   "arm64", "arm",      "386",    "riscv64",
                                              "ppc64le", "s390x", "mips64le", "loong64"};
  return names;
}

// The kernel's names and those of other tools, by GOARCH.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> other_names{{
    {"x86_64", "amd64"},
    {"x86-64", "amd64"},
    {"aarch64", "arm64"},
    {"i386", "386"},
    {"i486", "386"},
    {"i586", "386"},
    {"i686", "386"},
    {"x86", "386"},
    {"mips64", "mips64le"},
    {"loongarch64", "loong64"},
}};

std::string architecture_name(std::string_view text) {
  for (const auto& [other, name] : other_names)
    if (text == other) return std::string(name);
  return std::string(text);
}

void expect_one_of(const std::vector<std::string>& known, const std::string& word, std::string_view what,
                   std::string_view text) {
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  fail_hint(Kind::usage, did_you_mean(word, known, fmt::format("known are {}", fmt::join(known, ", "))),
            "platform '{}': unknown {} '{}'", printable(text), what, printable(word));
}

// What goes without saying is left out: containerd's platforms package does the same.
bool is_default_variant(const Platform& platform) {
  return (platform.architecture == "arm64" && platform.variant == "v8") ||
         (platform.architecture == "amd64" && platform.variant == "v1");
}

}  // namespace

Platform Platform::host() {
  utsname names{};
  uname(&names);
  const std::string_view machine = names.machine;
  // "armv7l", and "armv8l" for a 32-bit process on a 64-bit kernel
  if (machine.starts_with("armv") && machine.size() > 4)
    return {.os = "linux", .architecture = "arm", .variant = fmt::format("v{}", std::min(machine[4], '7'))};
  return {.os = "linux", .architecture = architecture_name(machine), .variant = {}};
}

Platform Platform::parse(std::string_view text) {
  std::vector<std::string> parts = split(text, '/');
  const auto& known = systems();
  if (std::find(known.begin(), known.end(), parts.front()) == known.end() && parts.size() < 3) {
    const auto& machines = architectures();
    const bool is_machine =
        std::find(machines.begin(), machines.end(), architecture_name(parts.front())) != machines.end();
    if (parts.size() == 1 || is_machine) parts.insert(parts.begin(), "linux");
  }
  if (parts.size() < 2 || parts.size() > 3)
    fail_hint(Kind::usage, "write OS/ARCHITECTURE[/VARIANT], such as 'linux/arm64'", "platform '{}' has {} parts",
              printable(text), parts.size());
  Platform platform{.os = parts[0], .architecture = architecture_name(parts[1]), .variant = {}};
  expect_one_of(known, platform.os, "system", text);
  expect_one_of(architectures(), platform.architecture, "architecture", text);
  if (parts.size() == 3) {
    platform.variant = parts[2];
    if (platform.variant.size() != 2 || platform.variant[0] != 'v' || !parse_uint(platform.variant.substr(1)))
      fail(Kind::usage, "platform '{}': variant '{}' is not 'v' and a digit", printable(text), printable(parts[2]));
    if (is_default_variant(platform)) platform.variant.clear();
  }
  return platform;
}

std::string Platform::str() const {
  return variant.empty() ? os + '/' + architecture : os + '/' + architecture + '/' + variant;
}

}  // namespace fn::oci
