// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "causes.hpp"
#include "layer/codec_facts.hpp"
#include "oci/layout.hpp"

#include <optional>
#include <string>

namespace fn::img {

// How a layer's blob is made from its tar.
struct BlobForm {
  oci::Compression compression = oci::Compression::none;
  Bytes size = 0;
  std::string codec;                      // what the annotation says made it; "" for nothing
  std::uint64_t parts = 0;                // gzip members or zstd frames
  std::optional<layer::GzipHeader> gzip;  // of the first member
  oci::Digest rest;                       // of the bytes behind that header
  std::optional<layer::ZstdFrames> zstd;
};

// Reads the blob's own structure. Its bytes have been proven before, and `parts` is what was found then. Throws
// not_found, integrity.
BlobForm read_blob_form(const oci::Layout& layout, const oci::Descriptor& blob, std::uint64_t parts);

// Where two blobs are made in different ways. `same_tar`: they hold the same bytes, so that something of it must be the
// cause; if nothing else shows, that is the compressor itself.
void compare_codecs(const BlobForm& a, const BlobForm& b, bool same_tar, const std::string& layer, Causes& causes);

}  // namespace fn::img
