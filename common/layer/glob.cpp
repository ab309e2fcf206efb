// SPDX-License-Identifier: Apache-2.0
#include "layer/glob.hpp"

#include "layer/entry.hpp"

#include <cstddef>
#include <optional>

namespace fn::layer {
namespace {

struct SetMatch {
  bool matches;
  std::size_t length;  // of the whole "[..]"
};

// The set at the front of `pattern`; nothing if it is not closed, then "[" stands for itself.
std::optional<SetMatch> match_set(std::string_view pattern, char c) {
  const bool negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  const std::size_t first = negated ? 2 : 1;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(pattern[at]); };
  const auto wanted = static_cast<unsigned char>(c);
  bool found = false;
  for (std::size_t i = first; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) return SetMatch{found != negated && c != '/', i + 1};
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (byte(i) <= wanted && wanted <= byte(i + 2));
      i += 2;
    } else {
      found = found || byte(i) == wanted;
    }
  }
  return std::nullopt;
}

// Of a closed set: "[z-a]".
bool has_empty_range(std::string_view set) {
  for (std::size_t i = set[1] == '!' || set[1] == '^' ? 2 : 1; i + 3 < set.size(); ++i) {
    if (set[i + 1] != '-') continue;
    if (static_cast<unsigned char>(set[i + 2]) < static_cast<unsigned char>(set[i])) return true;
    i += 2;
  }
  return false;
}

// How many bytes of the pattern match `c`; 0 for no match.
std::size_t match_one(std::string_view pattern, char c) {
  switch (pattern.front()) {
    case '?':
      return c == '/' ? 0 : 1;
    case '[':
      if (const auto set = match_set(pattern, c)) return set->matches ? set->length : 0;
      return c == '[' ? 1 : 0;
    case '\\':
      if (pattern.size() > 1) return pattern[1] == c ? 2 : 0;
      return c == '\\' ? 1 : 0;
    default:
      return pattern.front() == c ? 1 : 0;
  }
}

// Where to go on if what follows a star doesn't match: the star takes one byte more, "**/" one component more.
struct Retry {
  bool possible = false;
  bool components = false;
  std::size_t pattern = 0;
  std::size_t text = 0;
};

// "**/" as a component of its own: any number of directories, none at all included.
bool is_directories(std::string_view pattern, std::size_t at) {
  return (at == 0 || pattern[at - 1] == '/') && pattern.substr(at, 3) == "**/";
}

// False if a "**" or "**/" can't take more.
bool extend(Retry& retry, std::string_view text) {
  if (!retry.possible) return false;
  if (!retry.components) return retry.text++ < text.size();
  const std::size_t slash = text.find('/', retry.text);
  if (slash == std::string_view::npos) return false;
  retry.text = slash + 1;
  return true;
}

// Only the last "*" and the last "**" can still help: the shortest match of what is before them leaves them all that a
// longer one would. So the time is at most |pattern| * |text| * |text|, with two marks of memory.
bool match_from(std::string_view pattern, std::string_view text) {
  Retry star, double_star;
  std::size_t p = 0, t = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      const bool directories = is_directories(pattern, p);
      const bool is_double = pattern.substr(p, 2) == "**";
      p += directories ? 3 : is_double ? 2 : 1;
      (is_double ? double_star : star) = Retry{true, directories, p, t};
      if (is_double) star.possible = false;
      continue;
    }
    if (t == text.size() && p == pattern.size()) return true;
    const std::size_t taken = t < text.size() && p < pattern.size() ? match_one(pattern.substr(p), text[t]) : 0;
    if (taken > 0) {
      p += taken;
      ++t;
    } else if (star.possible && star.text < text.size() && text[star.text] != '/') {
      p = star.pattern;
      t = ++star.text;
    } else if (extend(double_star, text)) {
      star.possible = false;
      p = double_star.pattern;
      t = double_star.text;
    } else {
      return false;
    }
  }
}

}  // namespace

std::optional<std::string_view> glob_mistake(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size()) return "nothing follows its last '\\'";
      continue;
    }
    if (pattern[i] != '[') continue;
    const auto set = match_set(pattern.substr(i), '/');
    if (!set) return "'[' has no ']'";
    if (has_empty_range(pattern.substr(i, set->length))) return "a range in '[]' ends before it begins";
    i += set->length - 1;
  }
  return std::nullopt;
}

bool glob_match(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos) return match_from(pattern, base_name(path));
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  return match_from(pattern, path);
}

}  // namespace fn::layer
