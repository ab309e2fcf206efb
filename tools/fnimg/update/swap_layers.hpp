// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.hpp"
#include "update/following.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// Layers of an image that are to be those of another one, `to`.
struct Swap {
  LayerRun run;
  const oci::Image* from = nullptr;  // the version that the run is now; null: unknown
  const oci::Image* to = nullptr;
  std::string channel;  // that the new layers follow; "": none
};

// The image of that digest, or nothing if it can't be had.
using FindImage = std::function<std::optional<oci::Image>(const oci::Digest& manifest)>;

// The image with its layers swapped, and documents of the OCI's types. What came with `from` (variables, labels,
// command ..) becomes what `to` has; what the image has of its own, or had taken out, stays so. The history of `from`
// is replaced whole where it is found, otherwise the entries of the layers alone. Names of layers stay if there are as
// many of them as before. Base annotations stay only if the layers of that base are still the lowest, by `find`; a base
// that was `from` becomes `to`.
//
// Throws usage if `to` is for another platform, or has a layer with the name of another.
oci::Image swap_layers(const oci::Image& image, std::vector<Swap> swaps, const FindImage& find);

}  // namespace fn::img
