// SPDX-License-Identifier: Apache-2.0
#include "elf/source.hpp"

#include "sys/file.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace fn::elf {

std::size_t MemorySource::read_at(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= bytes_.size() || out.empty()) return 0;
  const std::size_t count = std::min(out.size(), bytes_.size() - std::size_t(offset));
  std::memcpy(out.data(), bytes_.data() + offset, count);
  return count;
}

std::size_t FdSource::read_at(std::uint64_t offset, std::span<std::byte> out) {
  // Where pread(2) can't go, no file has bytes.
  if (offset > std::uint64_t(std::numeric_limits<std::int64_t>::max()) - out.size()) return 0;
  return sys::pread_full(fd_, out, offset, name_);
}

}  // namespace fn::elf
