// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <span>
#include <vector>

namespace fn::layer {

// A layer's tar as an address space: where each member begins, and where the stream is cut into segments that are
// compressed independently. A pure function of the members' headers and sizes.
struct SegmentPlan {
  std::vector<Bytes> starts;  // of each item's header; one more: of the trailer
  std::vector<Bytes> cuts;    // 0 .. size(): segment n is [cuts[n], cuts[n + 1])

  Bytes size() const { return cuts.back(); }
  std::size_t segments() const { return cuts.size() - 1; }
};

inline constexpr Bytes min_segment = 2 * MiB;
inline constexpr Bytes target_segment = 4 * MiB;
inline constexpr Bytes max_segment = 8 * MiB;

// Cuts at file boundaries, about every 4 MiB: the first boundary after 2 MiB where the next path's hash says so, 8 MiB
// at most, so that the cuts soon after a change are the same as before it. A file over 8 MiB is cut every 4 MiB of its
// content.
SegmentPlan plan_segments(std::span<const Item> items);

}  // namespace fn::layer
