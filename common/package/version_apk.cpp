// SPDX-License-Identifier: Apache-2.0
#include "package/version_parts.hpp"

#include <array>

// NUMBER{.NUMBER}[LETTER]{_SUFFIX[NUMBER]}[~HASH][-rNUMBER], apk-package(5).
namespace fn::package {
namespace {

// In the order in which they come after the same beginning: so "1_rc1", "1", "1-r1", "1~ab", "1_p1", "1a", "1.1".
enum class Kind { early_suffix, end, revision, hash, suffix_number, late_suffix, letter, fraction, number, other };
struct Token {
  Kind kind;
  std::string_view text;
  int suffix = 0;
  bool is_end() const { return kind == Kind::end; }
};

constexpr int release = 4;  // suffixes before it are of what comes before the release
constexpr std::array<std::string_view, 9> suffixes{"alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"};

Token rest_of(std::string_view& text) {
  const Token token{Kind::other, text};
  text = {};
  return token;
}

Token suffix_of(std::string_view& text) {
  std::string_view after = text.substr(1);
  const std::string_view word = take_while(after, is_letter);
  for (int i = 0; i < static_cast<int>(suffixes.size()); ++i) {
    if (word != suffixes[static_cast<std::size_t>(i)]) continue;
    text = after;
    return {i < release ? Kind::early_suffix : Kind::late_suffix, {}, i};
  }
  return rest_of(text);
}

// A number with zeros in front is taken as what follows a decimal point.
Token number_of(std::string_view& text) {
  const std::string_view digits = take_while(text, is_digit);
  return {digits.starts_with('0') ? Kind::fraction : Kind::number, digits};
}

// What is between the number at the beginning and the end. The number of a suffix has no dot before it.
Token next_token(std::string_view& text) {
  if (text.empty()) return {Kind::end, {}};
  const bool digit_follows = text.size() > 1 && is_digit(text[1]);
  if (is_digit(text.front())) return {Kind::suffix_number, take_while(text, is_digit)};
  if (text.front() == '.' && digit_follows) {
    text.remove_prefix(1);
    return number_of(text);
  }
  if (text.front() == '_') return suffix_of(text);
  if (text.starts_with("-r") && is_number(text.substr(2))) {
    text.remove_prefix(2);
    return {Kind::revision, take_while(text, is_digit)};
  }
  if (text.front() == '~') {
    text.remove_prefix(1);
    return {Kind::hash, take_while(text, [](char c) { return is_digit(c) || is_letter(c); })};
  }
  if (!is_letter(text.front())) return rest_of(text);
  const Token letter{Kind::letter, text.substr(0, 1)};
  text.remove_prefix(1);
  return letter;
}

int order(const Token& a, const Token& b) {
  if (a.kind != b.kind) return compare(a.kind, b.kind);
  switch (a.kind) {
    case Kind::early_suffix:
    case Kind::late_suffix:
      return compare(a.suffix, b.suffix);
    case Kind::number:
    case Kind::suffix_number:
    case Kind::revision:
      return compare_numbers(a.text, b.text);
    default:
      return compare(a.text, b.text);
  }
}

}  // namespace

int compare_apk(std::string_view a, std::string_view b) noexcept {
  const std::string_view first = take_while(a, is_digit);
  if (const int result = compare_numbers(first, take_while(b, is_digit))) return result;
  return compare_tokens(a, b, next_token, order);
}

}  // namespace fn::package
