// SPDX-License-Identifier: Apache-2.0
#include "diff/patch_name.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace fn::img {
namespace {

bool begins_like_a_header(std::string_view name) {
  constexpr std::array<std::string_view, 6> beginnings{"-", "+", "*", "@", "Index:", "Prereq:"};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view text) { return name.starts_with(text); });
}

void append_quoted(std::string& out, char c) {
  constexpr std::string_view letters = "\a\b\t\n\v\f\r\"\\";
  const auto byte = static_cast<unsigned char>(c);
  if (const std::size_t n = letters.find(c); n != std::string_view::npos && c != '\0') {
    out += '\\';
    out += "abtnvfr\"\\"[n];
  } else if (byte < 0x20 || byte >= 0x7f) {
    out += fmt::format("\\{:03o}", byte);
  } else {
    out += c;
  }
}

// ".git" and its short name on NTFS, with what that leaves out at the end of a name.
bool is_git_directory(std::string_view component) {
  std::string name(component);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  for (const std::string_view own : {std::string_view(".git"), std::string_view("git~1")}) {
    if (!name.starts_with(own)) continue;
    const std::size_t end = std::min(name.find_first_not_of(" .", own.size()), name.size());
    if (end == name.size() || name[end] == ':' || name[end] == '\\') return true;
  }
  return false;
}

}  // namespace

std::string patch_name(std::string_view name) {
  // What is printed otherwise than it is needs quotes, and so does a blank, at which patch(1) ends a name.
  if (printable(name) == name && name.find_first_of(" \"") == std::string_view::npos && !begins_like_a_header(name))
    return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) append_quoted(quoted, c);
  return quoted + '"';
}

bool is_refused_by_git(std::string_view path) {
  const auto components = split(path, '/');
  return std::any_of(components.begin(), components.end(), is_git_directory);
}

}  // namespace fn::img
