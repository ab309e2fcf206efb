// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/content.hpp"
#include "oci/digest.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fn::layer {

// One segment of a layer that was written: what a later build needs to reuse it instead of making it again.
struct WrittenSegment {
  std::string rows;            // RowWriter's
  std::size_t items = 0;       // number of items whose header is in this segment
  Sha256::Value rows_key{};    // the digest of the rows
  Sha256::Value coded_key{};   // of rows and codec: equal keys are equal compressed bytes
  Sha256::Value prefix_key{};  // of the coded keys up to this one: equal keys are equal beginnings of blobs
  Bytes size = 0;              // of the compressed bytes
  Checksum checksum{};         // of the compressed bytes
  std::string tar_state;       // Sha256::save() of the tar and of the blob up to the segment's end
  std::string blob_state;
};

// Where an earlier layer's blob has a segment's compressed bytes.
struct StoredSegment {
  oci::Digest blob;
  Bytes blob_size = 0;
  Bytes offset = 0;
  Bytes size = 0;
  Checksum checksum{};
  std::string tar_state;
  std::string blob_state;
};

struct StoredLayer {
  oci::Digest blob;
  Bytes size = 0;
  oci::Digest diff_id;
};

// What is known about layers written earlier. What it says about bytes is checked when they are read; hash states are
// trusted.
class SegmentStore {
 public:
  virtual ~SegmentStore() = default;
  // The segments of the longest prefix that some layer shares with this one; `prefixes` are the prefix keys of its
  // segments. Empty for none.
  virtual std::vector<StoredSegment> longest_prefix(std::span<const Sha256::Value> prefixes) const = 0;
  // The layer that ends with this prefix.
  virtual std::optional<StoredLayer> find_layer(const Sha256::Value& prefix) const = 0;
  // Any segment with this coded key. Called from any thread.
  virtual std::optional<StoredSegment> find_segment(const Sha256::Value& coded_key) const = 0;
};

}  // namespace fn::layer
