// SPDX-License-Identifier: Apache-2.0
#include "transfer/compressing_sink.hpp"

#include "sys/signal.hpp"

#include <algorithm>

namespace fn::img {
namespace {

constexpr std::size_t archive_segment = 4 * MiB;

}  // namespace

oci::Compression compression_of(std::string_view path) {
  if (path.ends_with(".tar.gz") || path.ends_with(".tgz")) return oci::Compression::gzip;
  if (path.ends_with(".tar.zst") || path.ends_with(".tzst")) return oci::Compression::zstd;
  return oci::Compression::none;
}

CompressingSink::CompressingSink(oci::Compression compression, const Sink& to) : to_(to) {
  if (compression == oci::Compression::none) return;
  compressor_ = layer::Compressor::make(layer::Codec::parse(oci::compression_name(compression)));
  pending_.reserve(archive_segment);
}

void CompressingSink::write(std::span<const std::byte> bytes) {
  if (!compressor_) return to_(bytes);
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), archive_segment - pending_.size()));
    pending_.insert(pending_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (pending_.size() == archive_segment) flush();
  }
}

void CompressingSink::finish() {
  if (!pending_.empty()) flush();
}

void CompressingSink::flush() {
  sys::check_interrupt();
  compressor_->compress(pending_, compressed_);
  to_(compressed_);
  pending_.clear();
}

}  // namespace fn::img
