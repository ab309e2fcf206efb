// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "layer/append_tar_header.hpp"
#include "layer/byte_source.hpp"
#include "layer/decompress.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fn::foreign {

// Fd 0 from its current offset.
class Input final : public layer::ByteSource {
 public:
  Input() {
    struct stat status {};
    if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) start_ = lseek(STDIN_FILENO, 0, SEEK_CUR);
  }

  bool can_seek() const { return start_ >= 0; }

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = sys::read_full(STDIN_FILENO, buffer, "the archive");
    position_ += static_cast<std::int64_t>(count);
    reach_ = std::max(reach_, position_);
    return count;
  }

  // Offsets are relative to the input's initial offset.
  std::int64_t seek(std::int64_t offset, int whence) {
    if (whence == SEEK_SET) offset += start_;
    const off_t now = sys::check(lseek(STDIN_FILENO, offset, whence), "cannot seek in the archive");
    if (now < start_) fail(Kind::integrity, "refers to a position before its start");
    position_ = now - start_;
    return position_;
  }

  // How much of the archive was read.
  Bytes reach() const { return static_cast<Bytes>(reach_); }

 private:
  std::int64_t start_ = -1;
  std::int64_t position_ = 0;
  std::int64_t reach_ = 0;
};

// A stream whose first blocks can be looked at before they are read.
class PeekableSource final : public layer::ByteSource {
 public:
  explicit PeekableSource(layer::ByteSource& source) : source_(source) {
    while (size_ < block_.size()) {
      const std::size_t count = source_.read(std::span(block_).subspan(size_));
      if (count == 0) break;
      size_ += count;
    }
  }

  std::string_view head() const { return {reinterpret_cast<const char*>(block_.data()), size_}; }

  std::size_t read(std::span<std::byte> buffer) override {
    if (used_ == size_) return source_.read(buffer);
    const std::size_t count = std::min(buffer.size(), size_ - used_);
    std::memcpy(buffer.data(), block_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  layer::ByteSource& source_;
  std::array<std::byte, 4 * layer::tar_block> block_{};
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

// Fd 1. Refuses to write disproportionately more than was read.
class Output {
 public:
  explicit Output(const Input& input) : input_(input) { buffer_.reserve(2 * piece); }

  void header(const layer::Entry& entry) {
    if (buffer_.size() >= piece) flush();
    layer::append_tar_header(buffer_, entry);
  }
  void zeros(std::size_t count) { buffer_.resize(buffer_.size() + count); }

  void bytes(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() >= piece) flush();
    if (bytes.size() >= piece) return write(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }

  void flush() {
    write(buffer_);
    buffer_.clear();
  }

 private:
  void write(std::span<const std::byte> bytes) {
    written_ += bytes.size();
    const layer::ExpansionLimits limits;
    if (written_ > limits.max_bytes) fail(Kind::integrity, "expands to more than {}", human_bytes(limits.max_bytes));
    if (written_ > 64 * MiB && written_ / limits.max_ratio > input_.reach())
      fail(Kind::integrity, "expands to more than {} times its size", limits.max_ratio);
    sys::write_full(STDOUT_FILENO, bytes, "the tar stream");
  }

  static constexpr std::size_t piece = 64 * KiB;
  const Input& input_;
  std::vector<std::byte> buffer_;
  Bytes written_ = 0;
};

}  // namespace fn::foreign
