// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fn::oci {

// Abbreviated digests, as users may type them.
inline constexpr std::size_t min_digest_digits = 6;

// "sha256:" and the digits, if the text may be a digest's beginning: 6 to 64 of them, with or without the algorithm.
std::optional<std::string> digest_prefix(std::string_view text);

}  // namespace fn::oci
