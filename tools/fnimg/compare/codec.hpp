// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/causes.hpp"
#include "layer/codec_facts.hpp"
#include "oci/layout.hpp"

#include <optional>
#include <string>

namespace fn::img {

// How a layer's blob is made from its tar.
struct BlobForm {
  oci::Compression compression = oci::Compression::none;
  Bytes size = 0;
  std::string codec;                      // the compressor by the annotation; "" without one
  std::uint64_t parts = 0;                // gzip members or zstd frames
  std::optional<layer::GzipHeader> gzip;  // of the first member
  oci::Digest rest;                       // of the bytes after that header
  std::optional<layer::ZstdFrames> zstd;
};

// Reads the blob's own structure. Its bytes have already been verified, and `parts` was counted then. Throws not_found,
// integrity.
BlobForm read_blob_form(const oci::Layout& layout, const oci::Descriptor& blob, std::uint64_t parts);

// How two blobs were made differently. `same_tar`: they contain the same bytes, so one of these must be the cause; if
// nothing else differs, it is the compressor itself.
void compare_codecs(const BlobForm& a, const BlobForm& b, bool same_tar, const std::string& layer, Causes& causes);

}  // namespace fn::img
