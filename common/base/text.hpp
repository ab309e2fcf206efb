// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn {

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

// ASCII letters become lower case; everything else is kept, whatever the locale.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string_view text);

// Decimal digits only, no sign, no blanks; nothing on overflow or for any other text.
std::optional<std::uint64_t> parse_uint(std::string_view text);

// Decimal digits with at most one point between them ("2", "0.5"), no sign, no exponent, whatever the locale is;
// nothing for any other text.
std::optional<double> parse_decimal(std::string_view text);

// Bytes of the UTF-8 sequence (RFC 3629: no surrogates, no overlong forms) that `text` begins with; 0 if it begins with
// none.
std::size_t utf8_length(std::string_view text);

// All of `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

// `text` made safe for a terminal or a log line: control characters, DEL, bytes that are not UTF-8, and characters that
// nobody sees or that turn the direction of others become \n, \t, \\ or \xNN; the rest stays. No escape sequence gets
// through.
std::string printable(std::string_view text);

// The same for a text of several lines that stand by themselves: line feeds, tabs and backslashes stay as they are.
std::string printable_lines(std::string_view text);
// Lower-case hexadecimal.
std::string hex(std::span<const std::uint8_t> bytes);
// `text` on one line and without control characters. Callers have already passed foreign text through printable(), so
// backslashes are kept.
std::string one_safe_line(std::string_view text);

// `text` can only be meant as a path, whatever else its place may hold: it is absolute, or begins at "." or "..".
bool is_path(std::string_view text);

// RFC 3986 2.1: "a%2Fb" is "a/b"; a '%' that begins no escape is kept.
std::string percent_decoded(std::string_view text);

// RFC 4648 base64 with padding.
std::string base64(std::string_view bytes);
// Decodes; nothing if `text` is not exactly what base64() returns.
std::optional<std::string> unbase64(std::string_view text);

}  // namespace fn
