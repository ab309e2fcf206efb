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

  // Replaces `out` by the segment's compressed bytes. False if the blob is gone or what is in it is no longer what was
  // written.
  bool read(const StoredSegment& segment, std::vector<std::byte>& out);

 private:
  int open(const StoredSegment& segment);

  const oci::Layout& layout_;
  std::mutex mutex_;
  std::map<oci::Digest, sys::Fd> blobs_;  // an empty descriptor: the blob is of no use
};

}  // namespace fn::layer
