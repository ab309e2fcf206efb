// SPDX-License-Identifier: Apache-2.0
#include "layer/stored_bytes.hpp"

namespace fn::layer {

int StoredBytes::open(const StoredSegment& segment) {
  const std::lock_guard lock(mutex_);
  const auto [blob, is_new] = blobs_.try_emplace(segment.blob);
  if (!is_new) return blob->second.get();
  oci::Descriptor descriptor;
  descriptor.digest = segment.blob;
  descriptor.size = segment.blob_size;
  try {
    blob->second = layout_.open_blob(descriptor);
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity && error.kind() != Kind::not_found) throw;
  }
  return blob->second.get();
}

bool StoredBytes::read(const StoredSegment& segment, std::vector<std::byte>& out) {
  const int fd = open(segment);
  // Before the size is trusted.
  if (fd < 0 || segment.offset > segment.blob_size || segment.size > segment.blob_size - segment.offset) return false;
  out.resize(segment.size);
  return sys::pread_full(fd, out, segment.offset, segment.blob.str()) == out.size() &&
         checksum_of(out) == segment.checksum;
}

}  // namespace fn::layer
