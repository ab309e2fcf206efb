// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace fn::layer {

// Runs `source` in a thread of its own, up to `buffers` pieces of 1 MiB ahead of the reader. read() throws an error of
// the source after the bytes before it. The destructor stops the thread; a read that blocks forever would block it.
class ReadAhead final : public ByteSource {
 public:
  explicit ReadAhead(ByteSource& source, std::size_t buffers = 4);
  ~ReadAhead() override;
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
