// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/compressor.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fn::img {

// Receives the bytes of an archive, in order.
using Sink = std::function<void(std::span<const std::byte>)>;

// How an archive of that name is compressed: .tar.gz and .tgz by gzip, .tar.zst and .tzst by zstd, others not.
oci::Compression compression_of(std::string_view path);

// Compresses what is written, in the default level, and passes it on in members or frames of 4 MiB; the same bytes give
// the same. Without compression it passes them on as they are.
class CompressingSink {
 public:
  // `to` must outlive it.
  CompressingSink(oci::Compression compression, const Sink& to);
  void write(std::span<const std::byte> bytes);
  // Passes on what is left.
  void finish();

 private:
  void flush();

  const Sink& to_;
  std::unique_ptr<layer::Compressor> compressor_;  // null: none
  std::vector<std::byte> pending_;
  std::vector<std::byte> compressed_;
};

}  // namespace fn::img
