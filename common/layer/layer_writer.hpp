// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/compressor.hpp"
#include "layer/item.hpp"
#include "layer/segment_store.hpp"
#include "oci/layout.hpp"

#include <functional>
#include <span>
#include <vector>

namespace fn::layer {

// A layer's blob, and what the image's documents and the index need to know of it.
struct WrittenLayer {
  oci::Descriptor descriptor;  // media type, digest, size, the codec annotation
  oci::Digest diff_id;         // of the uncompressed tar
  Bytes tar_bytes = 0;
  bool is_reused = false;                // an earlier layer is identical: nothing was written
  std::vector<WrittenSegment> segments;  // empty for a reused one
};

struct WriteOptions {
  Codec codec = {};
  unsigned threads = 1;                     // more than 12 are not used: memory stays under 256 MiB
  std::function<void(Bytes)> advance = {};  // tar bytes done since the last call; from any thread, one at a time
  const SegmentStore* store = nullptr;      // earlier layers; null: everything is built from scratch
};

// Writes a layer: reads the files, makes the tar, compresses segments on all threads, hashes both in order and writes
// the blob once. Segments of earlier layers are copied, and hashing resumes after the longest prefix shared with an
// earlier layer; bytes that are corrupt by now are rebuilt. The bytes are the same for any number of threads and with
// any earlier layers. Items come in the order of the tar. Throws what the origins throw, and unsupported for a layer
// that ExpansionLimits or TarLimits do not allow; leaves nothing behind in that case.
WrittenLayer write_layer(std::span<const Item> items, const oci::Layout& layout, const WriteOptions& options);

}  // namespace fn::layer
