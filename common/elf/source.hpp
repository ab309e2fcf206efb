// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fn::elf {

// The bytes of a file, in any order.
class Source {
 public:
  virtual ~Source() = default;

  // Copies bytes from `offset` on to `out` and says how many: at least one, unless the file ends there.
  virtual std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
};

// Bytes in memory, which must outlive it.
class MemorySource final : public Source {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  std::string_view bytes_;
};

// An open file, which must outlive it; `name` is for errors. read_at() throws failure.
class FdSource final : public Source {
 public:
  FdSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace fn::elf
