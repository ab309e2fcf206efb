// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <iterator>

namespace fn {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

std::uint32_t code_point(std::string_view sequence) {
  constexpr std::array<std::uint8_t, 5> masks{0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t value = byte_at(sequence, 0) & masks[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) value = value << 6 | (byte_at(sequence, i) & 0x3fU);
  return value;
}

// What a reader can't see, or what makes a terminal show the rest in another order: two names that look alike may not
// be. Unicode's categories Cc, Cf, Zl and Zp, fillers without a glyph, and selectors of variants.
bool is_invisible(std::string_view sequence) {
  struct Range {
    std::uint32_t first, last;
  };
  static constexpr std::array ranges{
      Range{0x80, 0x9f},        // C1: a terminal may take U+009B for the beginning of an escape sequence
      Range{0xad, 0xad},        // soft hyphen
      Range{0x34f, 0x34f},      // combining grapheme joiner
      Range{0x600, 0x605},      // Arabic number signs
      Range{0x61c, 0x61c},      // Arabic letter mark
      Range{0x6dd, 0x6dd},      // end of ayah
      Range{0x70f, 0x70f},      // Syriac abbreviation mark
      Range{0x115f, 0x1160},    // Hangul fillers
      Range{0x17b4, 0x17b5},    // Khmer inherent vowels
      Range{0x180b, 0x180f},    // Mongolian selectors and vowel separator
      Range{0x200b, 0x200f},    // zero width, left-to-right and right-to-left marks
      Range{0x2028, 0x202e},    // line and paragraph separators; embeddings and overrides
      Range{0x2060, 0x206f},    // word joiner, invisible operators, isolates
      Range{0x2800, 0x2800},    // Braille blank
      Range{0x3164, 0x3164},    // Hangul filler
      Range{0xfe00, 0xfe0f},    // variation selectors
      Range{0xfeff, 0xfeff},    // byte order mark
      Range{0xffa0, 0xffa0},    // halfwidth Hangul filler
      Range{0xfff0, 0xfffb},    // interlinear annotation
      Range{0x110bd, 0x110bd},  // Kaithi number sign
      Range{0x13430, 0x1343f},  // hieroglyph joiners
      Range{0x1bca0, 0x1bca3},  // shorthand format controls
      Range{0x1d173, 0x1d17a},  // musical beams and slurs
      Range{0xe0000, 0xe0fff},  // tags, variation selectors
  };
  const std::uint32_t code = code_point(sequence);
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(byte));
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

std::optional<std::uint64_t> parse_uint(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  // from_chars() takes "1.", ".5", "1e9" and "inf" too.
  const std::size_t point = text.find('.');
  const auto is_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
  };
  if (!is_digits(text.substr(0, point))) return std::nullopt;
  if (point != text.npos && !is_digits(text.substr(point + 1))) return std::nullopt;
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

// The Unicode standard, table 3-7: only the second byte has a range of its own.
std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;
  const std::uint8_t second = byte_at(text, 1);
  const std::uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    const std::uint8_t first = byte_at(text, 0);
    if (first == '\n') {
      out += "\\n";
    } else if (first == '\t') {
      out += "\\t";
    } else if (first == '\\') {
      out += "\\\\";
    } else if (length == 0 || first < 0x20 || first == 0x7f || (length > 1 && is_invisible(sequence))) {
      append_escaped(out, sequence);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  constexpr std::string_view kept = "\n\t\\";
  std::string out;
  for (;;) {
    const std::size_t end = std::min(text.find_first_of(kept), text.size());
    out += printable(text.substr(0, end));
    if (end == text.size()) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string one_safe_line(std::string_view text) {
  std::string clean;
  for (const std::string& piece : split(text, '\\')) clean += printable(piece) + '\\';
  clean.pop_back();
  return clean;
}

bool is_path(std::string_view text) {
  return text.starts_with('/') || text == "." || text == ".." || text.starts_with("./") || text.starts_with("../");
}

std::string percent_decoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto digit = [&](char c) { return digits.find(ascii_lower(c)); };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) != digits.npos && digit(text[i + 2]) != digits.npos;
    if (escape) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? byte_at(bytes, i + k) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? alphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::optional<std::string> unbase64(std::string_view text) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t count = 0;
  for (const char c : text.substr(0, text.find_last_not_of('=') + 1)) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return {};
    group = group << 6 | std::uint32_t(digit);
    if (++count % 4 == 0)
      for (unsigned shift = 24; shift > 0; shift -= 8) out += char(group >> (shift - 8) & 255U);
  }
  if (count % 4 == 2) out += char(group >> 4 & 255U);
  if (count % 4 == 3) {
    out += char(group >> 10 & 255U);
    out += char(group >> 2 & 255U);
  }
  // One check for the padding, the length and the bits that must be zero.
  if (base64(out) != text) return {};
  return out;
}

}  // namespace fn
