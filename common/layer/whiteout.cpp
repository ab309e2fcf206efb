// SPDX-License-Identifier: Apache-2.0
#include "layer/whiteout.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::layer {

std::string_view hidden_name(std::string_view path) {
  const std::string_view name = base_name(path).substr(whiteout_prefix.size());
  if (name.empty() || name == "." || name == "..")
    fail(Kind::integrity, "'{}': whiteout without a name", printable(path));
  return name;
}

}  // namespace fn::layer
