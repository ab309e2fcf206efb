// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"

#include <string_view>

namespace fn::layer {

// Whiteouts as a layer's tar has them (image-spec, layer.md, "Whiteouts"): empty files whose names say what they hide
// in the layers below. overlayfs has a form of its own: layer/overlay.hpp.
inline constexpr std::string_view whiteout_prefix = ".wh.";
inline constexpr std::string_view opaque_marker = ".wh..wh..opq";

// The entry at this path is a whiteout; opaque markers included.
inline bool is_whiteout(std::string_view path) {
  return base_name(path).starts_with(whiteout_prefix);
}

// What the whiteout at this path, which is no opaque marker, hides in its directory. Throws integrity if that is no
// name.
std::string_view hidden_name(std::string_view path);

}  // namespace fn::layer
