// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

// Helpers for comparing versions. Private to this folder.
namespace fn::package {

int compare_dpkg(std::string_view a, std::string_view b) noexcept;
int compare_apk(std::string_view a, std::string_view b) noexcept;
int compare_rpm(std::string_view a, std::string_view b) noexcept;
int compare_pep440(std::string_view a, std::string_view b) noexcept;
int compare_semver(std::string_view a, std::string_view b) noexcept;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <typename T>
constexpr int compare(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// Removes and returns the prefix of `text` for which `predicate` holds.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate predicate) {
  const auto end = std::find_if_not(text.begin(), text.end(), predicate);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

inline bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Digits of any length; no digits count as 0.
inline int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  return a.size() != b.size() ? compare(a.size(), b.size()) : compare(a, b);
}

// [EPOCH:]UPSTREAM[-REVISION], as in dpkg and rpm.
struct EpochVersion {
  explicit EpochVersion(std::string_view text) : upstream(text) {
    if (const std::size_t colon = text.find(':'); colon != text.npos && is_number(text.substr(0, colon))) {
      epoch = text.substr(0, colon);
      upstream = text.substr(colon + 1);
    }
    if (const std::size_t dash = upstream.rfind('-'); dash != upstream.npos) {
      revision = upstream.substr(dash + 1);
      upstream = upstream.substr(0, dash);
    }
  }

  std::string_view epoch, upstream, revision;
};

template <typename Compare>
int compare_with_epoch(std::string_view a, std::string_view b, Compare part) {
  const EpochVersion left(a), right(b);
  if (const int epoch = compare_numbers(left.epoch, right.epoch)) return epoch;
  if (const int upstream = part(left.upstream, right.upstream)) return upstream;
  return part(left.revision, right.revision);
}

// Compares the token sequences of two texts, one by one, up to the end of both. `next` removes a token from a text; at
// the end it returns one with is_end(), which is ordered too.
template <typename Token>
int compare_tokens(std::string_view a, std::string_view b, Token (*next)(std::string_view&),
                   int (*order)(const Token&, const Token&)) {
  while (true) {
    const Token left = next(a);
    const Token right = next(b);
    if (const int result = order(left, right)) return result;
    if (left.is_end() || right.is_end()) return 0;
  }
}

}  // namespace fn::package
