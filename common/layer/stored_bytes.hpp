// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/segment_store.hpp"
#include "oci/layout.hpp"

#include <map>
#include <mutex>
#include <vector>

namespace fn::layer {

// Reads segments out of the blobs of earlier layers. Safe to use from several threads.
class StoredBytes {
 public:
  explicit StoredBytes(const oci::Layout& layout) : layout_(layout) {}

  // Replaces `out` by the segment's compressed bytes. False if the blob is gone or its bytes are not those that were
  // written.
  bool read(const StoredSegment& segment, std::vector<std::byte>& out);

 private:
  int open(const StoredSegment& segment);

  const oci::Layout& layout_;
  std::mutex mutex_;
  std::map<oci::Digest, sys::Fd> blobs_;  // an empty descriptor: the blob is unusable
};

}  // namespace fn::layer
