// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "package/version_parts.hpp"

#include <array>
#include <cctype>
#include <optional>

// PEP 440, appendix B and "Summary of permitted suffixes and relative ordering".
namespace fn::package {
namespace {

// Releases before and after the release itself, in their order.
enum class Stage { development, alpha, beta, candidate, release };

struct Pep440 {
  std::string_view epoch;
  std::string_view release;  // numbers with dots between them
  Stage stage = Stage::release;
  std::string_view stage_number;
  bool post = false;
  std::string_view post_number;
  bool development = false;
  std::string_view development_number;
  std::string_view local;
};

struct Word {
  std::string_view text;
  Stage stage;
};
// Longer ones first, where one begins with another.
constexpr std::array<Word, 8> early{{{"alpha", Stage::alpha},
                                     {"a", Stage::alpha},
                                     {"beta", Stage::beta},
                                     {"b", Stage::beta},
                                     {"preview", Stage::candidate},
                                     {"pre", Stage::candidate},
                                     {"rc", Stage::candidate},
                                     {"c", Stage::candidate}}};
constexpr std::array<Word, 3> late{{{"post", Stage::release}, {"rev", Stage::release}, {"r", Stage::release}}};
constexpr std::array<Word, 1> development{{{"dev", Stage::development}}};

bool starts_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == ascii_lower(b); });
}

bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_';
}

void skip_separator(std::string_view& text) {
  if (!text.empty() && is_separator(text.front())) text.remove_prefix(1);
}

struct Suffix {
  Stage stage;
  std::string_view number;
};

// [SEPARATOR]WORD[SEPARATOR][NUMBER], taken off the text.
template <std::size_t N>
std::optional<Suffix> take_suffix(std::string_view& text, const std::array<Word, N>& words) {
  std::string_view rest = text;
  skip_separator(rest);
  for (const Word& word : words) {
    if (!starts_with(rest, word.text)) continue;
    rest.remove_prefix(word.text.size());
    text = rest;
    // A separator without a number behind it is that of the next suffix.
    skip_separator(rest);
    const std::string_view number = take_while(rest, is_digit);
    if (!number.empty()) text = rest;
    return Suffix{word.stage, number};
  }
  return std::nullopt;
}

bool take_release(std::string_view& text, Pep440& version) {
  const std::string_view begin = text;
  if (take_while(text, is_digit).empty()) return false;
  while (text.size() > 1 && text.front() == '.' && is_digit(text[1])) {
    text.remove_prefix(1);
    take_while(text, is_digit);
  }
  version.release = begin.substr(0, begin.size() - text.size());
  return true;
}

void take_post(std::string_view& text, Pep440& version) {
  // "1.0-1" is "1.0.post1".
  if (text.size() > 1 && text.front() == '-' && is_digit(text[1])) {
    text.remove_prefix(1);
    version.post = true;
    version.post_number = take_while(text, is_digit);
  } else if (const auto suffix = take_suffix(text, late)) {
    version.post = true;
    version.post_number = suffix->number;
  }
}

bool take_local(std::string_view text, Pep440& version) {
  if (text.empty()) return true;
  if (text.front() != '+') return false;
  version.local = text.substr(1);
  bool separated = true;
  for (const char c : version.local) {
    if (is_separator(c) ? separated : !is_digit(c) && !is_letter(c)) return false;
    separated = is_separator(c);
  }
  return !separated;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\r\f\v";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::optional<Pep440> parse_pep440(std::string_view text) {
  Pep440 version;
  text = trimmed(text);
  if (starts_with(text, "v")) text.remove_prefix(1);
  if (const std::size_t mark = text.find('!'); mark != text.npos) {
    if (!is_number(text.substr(0, mark))) return std::nullopt;
    version.epoch = text.substr(0, mark);
    text.remove_prefix(mark + 1);
  }
  if (!take_release(text, version)) return std::nullopt;
  if (const auto suffix = take_suffix(text, early)) {
    version.stage = suffix->stage;
    version.stage_number = suffix->number;
  }
  take_post(text, version);
  if (const auto suffix = take_suffix(text, development)) {
    version.development = true;
    version.development_number = suffix->number;
  }
  // Without another stage it is before all of them: 1.0.dev1, 1.0a1. Otherwise it is before that stage.
  if (version.development && version.stage == Stage::release && !version.post) version.stage = Stage::development;
  if (!take_local(text, version)) return std::nullopt;
  return version;
}

// Missing numbers are 0.
int compare_release(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view left = take_while(a, is_digit);
    if (const int result = compare_numbers(left, take_while(b, is_digit))) return result;
    skip_separator(a);
    skip_separator(b);
  }
  return 0;
}

int compare_word(std::string_view a, std::string_view b) {
  const auto less = [](char x, char y) { return ascii_lower(x) < ascii_lower(y); };
  if (std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less)) return -1;
  return std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(), less) ? 1 : 0;
}

// Part by part; the end is before words, and words are before numbers.
int compare_local(std::string_view a, std::string_view b) {
  const auto is_plain = [](char c) { return !is_separator(c); };
  while (!a.empty() || !b.empty()) {
    const std::string_view left = take_while(a, is_plain);
    const std::string_view right = take_while(b, is_plain);
    const auto rank = [](std::string_view part) { return part.empty() ? 0 : is_number(part) ? 2 : 1; };
    if (const int result = compare(rank(left), rank(right))) return result;
    if (const int result = is_number(left) ? compare_numbers(left, right) : compare_word(left, right)) return result;
    skip_separator(a);
    skip_separator(b);
  }
  return 0;
}

int compare_parsed(const Pep440& a, const Pep440& b) {
  if (const int result = compare_numbers(a.epoch, b.epoch)) return result;
  if (const int result = compare_release(a.release, b.release)) return result;
  if (const int result = compare(a.stage, b.stage)) return result;
  if (const int result = compare_numbers(a.stage_number, b.stage_number)) return result;
  if (const int result = compare(a.post, b.post)) return result;
  if (const int result = compare_numbers(a.post_number, b.post_number)) return result;
  if (const int result = compare(b.development, a.development)) return result;
  if (const int result = compare_numbers(a.development_number, b.development_number)) return result;
  return compare_local(a.local, b.local);
}

}  // namespace

int compare_pep440(std::string_view a, std::string_view b) noexcept {
  const auto left = parse_pep440(a);
  const auto right = parse_pep440(b);
  if (!left || !right) return left ? 1 : right ? -1 : compare(a, b);
  return compare_parsed(*left, *right);
}

}  // namespace fn::package
