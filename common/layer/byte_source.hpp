// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "base/units.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace fn::layer {

// A stream of bytes that is read once, from front to end.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  // Fills part of `buffer` and returns how much; 0 only at the end. Throws failure or integrity.
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

// Reads `fd` (borrowed) from its current offset. `name` is for errors.
class FdSource final : public ByteSource {
 public:
  FdSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  int fd_;
  std::string name_;
};

// Reads from memory (borrowed).
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::span<const std::byte> rest_;
};

// Passes bytes through and hashes and counts them.
class HashingSource final : public ByteSource {
 public:
  explicit HashingSource(ByteSource& source) : source_(source) {}
  std::size_t read(std::span<std::byte> buffer) override;
  Bytes count() const { return count_; }
  Sha256::Value finish() { return hash_.finish(); }

 private:
  ByteSource& source_;
  Sha256 hash_;
  Bytes count_ = 0;
};

// Reads the rest, for hashes that must see every byte.
void drain(ByteSource& source);

}  // namespace fn::layer
