// SPDX-License-Identifier: Apache-2.0
#include "oci/digest.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::oci {
namespace {

constexpr std::string_view prefix = "sha256:";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view algorithm_characters = "abcdefghijklmnopqrstuvwxyz0123456789+._-";

}  // namespace

bool Digest::is_valid(std::string_view text) {
  return text.size() == prefix.size() + 64 && text.starts_with(prefix) &&
         text.find_first_not_of(hex_digits, prefix.size()) == text.npos;
}

Digest Digest::parse(std::string_view text) {
  if (is_valid(text)) {
    Digest digest;
    digest.text_ = text;
    return digest;
  }
  const std::string_view algorithm = text.substr(0, text.find(':'));
  const bool other = algorithm.size() < text.size() && !algorithm.empty() && !text.starts_with(prefix) &&
                     algorithm.find_first_not_of(algorithm_characters) == algorithm.npos;
  if (other) fail(Kind::unsupported, "digest algorithm '{}' is not supported, only sha256", algorithm.substr(0, 40));
  fail(Kind::usage, "digest '{}' is not 'sha256:' and 64 lower-case hexadecimal digits",
       printable(text.substr(0, 100)));
}

Digest chain_id(const Digest& parent, const Digest& diff_id) {
  return parent.empty() ? diff_id : Digest::of(parent.str() + ' ' + diff_id.str());
}

}  // namespace fn::oci
