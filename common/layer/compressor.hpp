// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// How a layer is compressed: "gzip", "gzip:6", "zstd", "zstd:3", "none".
struct Codec {
  oci::Compression compression = oci::Compression::gzip;
  int level = 4;

  // Throws usage with the known names and levels.
  static Codec parse(std::string_view text);
  std::string str() const;
  // str() and the library's version, "gzip:4 libdeflate 1.14": everything that the bytes depend on besides the content.
  // For the index. No image says it: the version of a library alone changes no digest.
  std::string identity() const;
};

// Compresses segments of a layer independently: each becomes one gzip member (RFC 1952) or one zstd frame (RFC 8878),
// and the concatenation of these is the blob. The result depends on nothing but codec, library version and bytes: not
// on the processor, the thread or what was compressed before. One object per thread.
class Compressor {
 public:
  virtual ~Compressor() = default;
  // Replaces `out` by the compressed `in`. For none, `out` is a copy.
  virtual void compress(std::span<const std::byte> in, std::vector<std::byte>& out) = 0;

  static std::unique_ptr<Compressor> make(const Codec& codec);
};

// Decompresses what one Compressor produced into `out`. False if the size differs or the bytes are corrupt.
bool decode_segment(std::span<const std::byte> compressed, oci::Compression compression, std::span<std::byte> out);

}  // namespace fn::layer
