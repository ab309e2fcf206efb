// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/segment_plan.hpp"

#include <functional>
#include <span>
#include <vector>

namespace fn::layer {

// Produces the bytes of any segment of a layer's tar. Safe to use from several threads.
class TarSegments {
 public:
  // A part of an item's content that was read. `settled`: Origin::Reader::is_settled().
  struct Part {
    std::size_t item = 0;
    Bytes offset = 0;                  // in the content
    std::span<const std::byte> bytes;  // valid until `visit` returns
    bool settled = true;
  };

  // `items` must outlive it.
  explicit TarSegments(std::span<const Item> items) : items_(items), plan_(plan_segments(items)) {}

  const SegmentPlan& plan() const { return plan_; }
  std::span<const Item> items() const { return items_; }

  // The first item that has bytes in the segment; the last one is the one before the next segment's first, or that one
  // itself.
  std::size_t first_item(std::size_t segment) const;
  // The segment that has the item's header.
  std::size_t segment_of(std::size_t item) const;
  // Where the content of an item begins in the tar.
  Bytes content_start(std::size_t item) const;
  // The item's content is all in one segment.
  bool is_whole(std::size_t item) const;

  // Replaces `out` by the segment's bytes; each part of a content that was read is given to `visit`. Throws what the
  // origins throw.
  void fill(std::size_t segment, std::vector<std::byte>& out, const std::function<void(const Part&)>& visit) const;

 private:
  void add_item(std::size_t index, Bytes from, Bytes to, std::vector<std::byte>& out,
                const std::function<void(const Part&)>& visit) const;

  std::span<const Item> items_;
  SegmentPlan plan_;
};

}  // namespace fn::layer
