// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/progress.hpp"
#include "compare/causes.hpp"
#include "image/limits.hpp"
#include "oci/layout.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// One side of a comparison of layers.
struct LayerSide {
  const oci::Layout& layout;
  const oci::Image& image;
};

// Layers of two images to be compared with each other; a layer without a counterpart is alone.
struct LayerPair {
  std::optional<std::size_t> a;
  std::optional<std::size_t> b;
};

// Pairs layers by name, then those of equal digest or diffID, then the rest in order. Sorted by place in A, then in B.
std::vector<LayerPair> pair_layers(const oci::Image& a, const oci::Image& b);

// Layers in only one image, and a different order of those in both.
void compare_layer_lists(const oci::Image& a, const oci::Image& b, const std::vector<LayerPair>& pairs,
                         std::size_t max_examples, Causes& causes);

// Why the blobs of two layers differ. Both are read and verified, unless their digests are equal. Throws not_found,
// integrity.
void compare_layer(const LayerSide& a, std::size_t layer_a, const LayerSide& b, std::size_t layer_b,
                   const Limits& limits, std::size_t max_examples, Causes& causes);

}  // namespace fn::img
