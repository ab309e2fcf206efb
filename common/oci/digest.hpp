// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "base/text.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace fn::oci {

// "sha256:" and 64 lower-case hexadecimal digits (image-spec, descriptor.md, "Digests").
class Digest {
 public:
  Digest() = default;  // empty: no digest
  explicit Digest(const Sha256::Value& value) : text_("sha256:" + fn::hex(value)) {}

  // Throws usage for anything else; another algorithm is unsupported.
  static Digest parse(std::string_view text);
  static bool is_valid(std::string_view text);
  static Digest of(std::string_view bytes) { return Digest(Sha256::of(bytes)); }

  const std::string& str() const { return text_; }
  std::string hex() const { return text_.substr(7); }
  // The first 12 hexadecimal digits, for tables.
  std::string brief() const { return text_.substr(7, 12); }
  bool empty() const { return text_.empty(); }

  friend auto operator<=>(const Digest&, const Digest&) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 errs

 private:
  std::string text_;
};

// ChainID of the layers 0..n (image-spec, config.md, "Layer ChainID").
Digest chain_id(const Digest& parent, const Digest& diff_id);

}  // namespace fn::oci
