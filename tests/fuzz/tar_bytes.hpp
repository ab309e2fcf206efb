// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/append_tar_header.hpp"
#include "layer/byte_source.hpp"
#include "layer/entry.hpp"
#include "layer/tar_block.hpp"

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::fuzz {

// Bytes from memory, at most `piece` at a time.
class MemorySource final : public layer::ByteSource {
 public:
  explicit MemorySource(std::string_view bytes, std::size_t piece = std::size_t{1} << 20)
      : bytes_(bytes), piece_(piece) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({buffer.size(), piece_, bytes_.size()});
    if (count > 0) std::memcpy(buffer.data(), bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

inline std::string header_of(const layer::Entry& entry) {
  std::vector<std::byte> out;
  layer::append_tar_header(out, entry);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

// Gives every block that says "ustar" the checksum that it should have: a guess of 1 in 100,000 finds none.
inline void repair_checksums(std::span<std::uint8_t> tar) {
  using namespace layer::tar_field;
  for (; tar.size() >= layer::tar_block; tar = tar.subspan(layer::tar_block)) {
    if (std::memcmp(tar.data() + magic.offset, "ustar", 5) != 0) continue;
    std::memset(tar.data() + checksum.offset, ' ', checksum.length);
    unsigned sum = 0;
    for (const std::uint8_t byte : tar.first(layer::tar_block)) sum += byte;
    const std::string digits = fmt::format("{:06o}", sum);
    std::memcpy(tar.data() + checksum.offset, digits.c_str(), 7);
  }
}

}  // namespace fn::fuzz
