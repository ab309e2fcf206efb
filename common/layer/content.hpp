// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fn::layer {

// The unit in which a node fetches and keeps content: a file is cut every 512 KiB (Brooker et al., "On-demand Container
// Loading in AWS Lambda", USENIX ATC 2023). Chunks show how much of a file is new; they prove nothing, so XXH3 is
// enough for them.
inline constexpr Bytes chunk_size = 512 * KiB;
using Checksum = std::array<std::uint8_t, 16>;  // XXH3, 128 bits, big-endian

// The content of a file that is not empty.
struct Content {
  Sha256::Value digest{};
  std::vector<Checksum> chunks;  // empty for a file of one chunk: the digest says enough
  friend bool operator==(const Content&, const Content&) = default;
};

// Computes a file's content as its bytes pass through.
class ContentHasher {
 public:
  ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ~ContentHasher();
  // The next bytes, in their order; in pieces of any size.
  void update(std::span<const std::byte> bytes);
  // Of all bytes that were given, at least one. The object is spent afterwards.
  Content finish();

 private:
  struct Chunk;
  Sha256 hash_;
  std::unique_ptr<Chunk> chunk_;
  std::vector<Checksum> chunks_;
};

Content content_of(std::span<const std::byte> bytes);

Checksum checksum_of(std::span<const std::byte> bytes);

}  // namespace fn::layer
