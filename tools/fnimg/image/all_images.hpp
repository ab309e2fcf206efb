// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/layout.hpp"

#include <vector>

namespace fn::img {

// The images that a descriptor names: one, or those of an index for all platforms. Documents that can't be read, which
// Store::check() reports, are skipped; attestations are not images.
std::vector<oci::Image> images_of(const oci::Layout& layout, const oci::Descriptor& descriptor);

}  // namespace fn::img
