// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"

#include <cstdint>
#include <string>

namespace fn::layer {

// The header of a gzip member (RFC 1952, 2.3).
struct GzipHeader {
  std::uint32_t mtime = 0;       // seconds since 1970; 0: none
  std::uint8_t extra_flags = 0;  // XFL: 2 for the slowest, 4 for the fastest compressor
  std::uint8_t system = 255;     // OS: 3 for Unix, 255 for unknown
  std::string name;              // of the file that was compressed; "" for none
  std::string comment;
  bool has_extra = false;  // FEXTRA
  Bytes size = 0;          // of this header
  friend bool operator==(const GzipHeader&, const GzipHeader&) = default;
};

// Metadata of a stream of zstd frames (RFC 8878, 3.1).
struct ZstdFrames {
  std::uint64_t frames = 0;
  std::uint64_t skippable = 0;  // frames without data
  std::uint64_t with_checksum = 0;
  std::uint64_t with_content_size = 0;
  std::uint64_t blocks = 0;
  Bytes largest_window = 0;  // of all frames: what a decoder must keep
  friend bool operator==(const ZstdFrames&, const ZstdFrames&) = default;
};

// The header at the beginning of the stream. Throws integrity if there is none, or if it exceeds 64 KiB.
GzipHeader read_gzip_header(ByteSource& source);

// Walks from block to block to the end, decoding nothing. Zeros at the end are skipped. Throws integrity.
ZstdFrames read_zstd_frames(ByteSource& source);

}  // namespace fn::layer
