// SPDX-License-Identifier: Apache-2.0
#include "package/version_parts.hpp"

#include <array>
#include <optional>

// semver.org 2.0.0, section 11. As npm does it, "v1.2.3" and "=1.2.3" are read too; missing numbers are 0.
namespace fn::package {
namespace {

struct Semver {
  std::array<std::string_view, 3> core;
  std::string_view early;  // of what comes before the release
};

bool is_identifiers(std::string_view text) {
  bool any = false;
  for (const char c : text) {
    if (c == '.' ? !any : !is_digit(c) && !is_letter(c) && c != '-') return false;
    any = c != '.';
  }
  return any;
}

std::optional<Semver> parse_semver(std::string_view text) {
  Semver version;
  take_while(text, [](char c) { return c == 'v' || c == '=' || c == ' '; });
  const std::size_t build = std::min(text.find('+'), text.size());
  text = text.substr(0, build);
  for (std::size_t i = 0; i < version.core.size(); ++i) {
    if (i > 0 && !text.starts_with('.')) break;
    if (i > 0) text.remove_prefix(1);
    version.core[i] = take_while(text, is_digit);
    if (version.core[i].empty()) return std::nullopt;
  }
  if (text.empty()) return version;
  if (text.front() != '-' || !is_identifiers(text.substr(1))) return std::nullopt;
  version.early = text.substr(1);
  return version;
}

int compare_identifier(std::string_view a, std::string_view b) {
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;
  return is_number(a) ? compare_numbers(a, b) : compare(a, b);
}

int compare_early(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return compare(a.empty(), b.empty());
  const auto is_plain = [](char c) { return c != '.'; };
  while (!a.empty() && !b.empty()) {
    const std::string_view left = take_while(a, is_plain);
    if (const int result = compare_identifier(left, take_while(b, is_plain))) return result;
    a.remove_prefix(std::min<std::size_t>(1, a.size()));
    b.remove_prefix(std::min<std::size_t>(1, b.size()));
  }
  return compare(a.size(), b.size());
}

}  // namespace

int compare_semver(std::string_view a, std::string_view b) noexcept {
  const auto left = parse_semver(a);
  const auto right = parse_semver(b);
  if (!left || !right) return left ? 1 : right ? -1 : compare(a, b);
  for (std::size_t i = 0; i < left->core.size(); ++i)
    if (const int result = compare_numbers(left->core[i], right->core[i])) return result;
  return compare_early(left->early, right->early);
}

}  // namespace fn::package
