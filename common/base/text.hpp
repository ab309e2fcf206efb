// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn {

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

// Decimal digits only, no sign, no blanks; nothing on overflow or on anything else.
std::optional<std::uint64_t> parse_uint(std::string_view text);

// Decimal digits with at most one point between them ("2", "0.5"), no sign, no exponent, whatever the locale is;
// nothing on anything else.
std::optional<double> parse_decimal(std::string_view text);

// Bytes of the UTF-8 sequence (RFC 3629: no surrogates, no overlong forms) that `text` begins with; 0 if that is none.
std::size_t utf8_length(std::string_view text);

// All of `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

// `text` made safe for a terminal or a log line: control characters, DEL and bytes that are no UTF-8
// become \n, \t, \\ or \xNN; the rest stays. No escape sequence gets through.
std::string printable(std::string_view text);

// RFC 4648 base64 with padding.
std::string base64(std::string_view bytes);
// The bytes again; nothing if `text` is not exactly what base64() gives.
std::optional<std::string> unbase64(std::string_view text);

}  // namespace fn
