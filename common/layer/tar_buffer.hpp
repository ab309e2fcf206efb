// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"

#include <memory>
#include <span>

namespace fn::layer {

// A tar stream in pieces of any size: headers and small files come from a buffer, larger reads go directly to their
// destination.
class TarBuffer {
 public:
  explicit TarBuffer(ByteSource& source);

  // Some bytes, 0 only at the end of the stream.
  std::size_t read(std::span<std::byte> out);
  // All of `out`, less only at the end of the stream.
  std::size_t read_full(std::span<std::byte> out);
  // False if the stream ends before that.
  bool skip(Bytes count);
  // Reads the rest; false if it is not all zeros.
  bool zeros_to_end();
  // How many bytes were read or skipped so far.
  Bytes position() const { return taken_ - (end_ - begin_); }

 private:
  bool fill();

  ByteSource& source_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Bytes taken_ = 0;  // from the source
};

}  // namespace fn::layer
