// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "oci/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace fn::layer {

// How far a compressed stream may expand before it is considered a decompression bomb. Both are checked while decoding.
// The ratio that is allowed without a word is the most that zstd can do (RFC 8878, 3.1.1.2: 128 KiB in a block of four
// bytes; gzip: 1032): a disk image that is mostly hole comes near it and is no attack. What stops bombs is the size.
struct ExpansionLimits {
  Bytes max_bytes = 64 * GiB;        // of decoded output
  std::uint64_t max_ratio = 32'768;  // decoded : compressed, once more than 64 MiB came out
};

// How a file is compressed, judged by its beginning; four bytes are enough. `none`: neither gzip nor zstd.
oci::Compression sniff_compression(std::span<const std::byte> beginning);

// Decodes gzip (RFC 1952, any number of members) or zstd (RFC 8878, any number of frames, skippable ones skipped,
// window at most 128 MiB); none passes through. Throws integrity: "truncated gzip stream", "not a zstd frame", "expands
// to more than ..". Adds to `parts`, if given, one for each gzip member or zstd frame that begins; read it at the end.
std::unique_ptr<ByteSource> decompress(ByteSource& source, oci::Compression compression,
                                       const ExpansionLimits& limits = {}, std::uint64_t* parts = nullptr);

}  // namespace fn::layer
