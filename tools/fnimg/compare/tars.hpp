// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/causes.hpp"
#include "layer/byte_source.hpp"
#include "layer/tar_reader.hpp"

#include <string>

namespace fn::img {

// One of two tars. `name` is for errors: "layer 'sha256:..'".
struct TarSide {
  layer::ByteSource& tar;
  std::string name;
};

// Reads two tars side by side and reports where they differ: entries, contents, metadata, order, headers, trailers.
// Entries in the same order in both only need memory for their names; others are kept, without their content, until the
// other side reaches them. `layer` is for the causes. Throws what reading throws.
void compare_tars(const TarSide& a, const TarSide& b, const layer::TarLimits& limits, const std::string& layer,
                  std::size_t max_examples, Causes& causes);

}  // namespace fn::img
