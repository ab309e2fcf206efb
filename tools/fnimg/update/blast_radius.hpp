// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "diff/image_diff.hpp"
#include "state/store.hpp"
#include "update/update_plan.hpp"

#include <memory>
#include <string>

namespace fn::img {

// What an update changes for whoever has the image: the difference between the two, as `diff` finds it.
struct BlastRadius {
  std::unique_ptr<Side> before;
  std::unique_ptr<Side> after;
  ImageDiff diff;
};

// Reads the files of both images, where the index knows their layers from there. `layout` has the blobs. Throws what
// reading throws.
BlastRadius blast_radius(const PlannedUpdate& update, state::Store& store, const oci::Layout& layout,
                         const cli::Context& context);

// The members of the schema fnimg.diff/1 but "a", "b" and "budget".
Json radius_json(const BlastRadius& radius);
std::string radius_text(const BlastRadius& radius, bool color);

}  // namespace fn::img
