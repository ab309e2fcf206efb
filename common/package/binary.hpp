// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fn::package {

// Numbers at offsets of a file. Throws integrity for offsets outside of it.
class Binary {
 public:
  enum class Order { little, big };

  Binary(std::string_view bytes, Order order) : bytes_(bytes), order_(order) {}

  std::uint32_t u8(std::size_t at) const { return number(at, 1); }
  std::uint32_t u16(std::size_t at) const { return number(at, 2); }
  std::uint32_t u32(std::size_t at) const { return number(at, 4); }

  // `size` bytes from `at` on.
  std::string_view part(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      fail(Kind::integrity, "{} bytes at {} reach past the end at {}", size, at, bytes_.size());
    return bytes_.substr(at, size);
  }

  std::size_t size() const { return bytes_.size(); }

 private:
  std::uint32_t number(std::size_t at, std::size_t width) const {
    const std::string_view bytes = part(at, width);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | static_cast<std::uint8_t>(bytes[order_ == Order::big ? i : width - 1 - i]);
    return value;
  }

  std::string_view bytes_;
  Order order_;
};

}  // namespace fn::package
