// SPDX-License-Identifier: Apache-2.0
#include "layer/content.hpp"

#include <algorithm>

// The functions become a part of this file: no library to load for them.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fn::layer {
namespace {

Checksum canonical(XXH128_hash_t hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  Checksum checksum;
  std::copy(std::begin(bytes.digest), std::end(bytes.digest), checksum.begin());
  return checksum;
}

}  // namespace

struct ContentHasher::Chunk {
  XXH3_state_t state;
  Bytes filled = 0;

  void begin() {
    XXH3_128bits_reset(&state);
    filled = 0;
  }
};

ContentHasher::ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;
ContentHasher::~ContentHasher() = default;

void ContentHasher::update(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  while (!bytes.empty()) {
    if (!chunk_) {
      chunk_ = std::make_unique<Chunk>();
      chunk_->begin();
    }
    const auto part = bytes.first(std::min(bytes.size(), chunk_size - chunk_->filled));
    XXH3_128bits_update(&chunk_->state, part.data(), part.size());
    chunk_->filled += part.size();
    bytes = bytes.subspan(part.size());
    if (chunk_->filled < chunk_size) continue;
    chunks_.push_back(canonical(XXH3_128bits_digest(&chunk_->state)));
    chunk_->begin();
  }
}

Content ContentHasher::finish() {
  if (chunk_ && chunk_->filled > 0) chunks_.push_back(canonical(XXH3_128bits_digest(&chunk_->state)));
  if (chunks_.size() == 1) chunks_.clear();
  return {hash_.finish(), std::move(chunks_)};
}

Content content_of(std::span<const std::byte> bytes) {
  Content content;
  Sha256 hash;
  hash.update(bytes);
  content.digest = hash.finish();
  if (bytes.size() > chunk_size)
    for (Bytes at = 0; at < bytes.size(); at += chunk_size)
      content.chunks.push_back(checksum_of(bytes.subspan(at, std::min(chunk_size, bytes.size() - at))));
  return content;
}

Checksum checksum_of(std::span<const std::byte> bytes) {
  return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

}  // namespace fn::layer
