// SPDX-License-Identifier: Apache-2.0
#include "oci/digest_prefix.hpp"

#include <fmt/format.h>

namespace fn::oci {

std::optional<std::string> digest_prefix(std::string_view text) {
  constexpr std::string_view algorithm = "sha256:";
  if (text.starts_with(algorithm)) text.remove_prefix(algorithm.size());
  if (text.size() < min_digest_digits || text.size() > 64 || text.find_first_not_of("0123456789abcdef") != text.npos)
    return std::nullopt;
  return fmt::format("{}{}", algorithm, text);
}

}  // namespace fn::oci
