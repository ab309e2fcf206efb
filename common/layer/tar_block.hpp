// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>

namespace fn::layer {

inline constexpr std::size_t tar_block = 512;
using TarBlock = std::array<char, tar_block>;

// Content is padded with zeros to whole blocks.
constexpr Bytes tar_padding(Bytes size) {
  return (tar_block - size % tar_block) % tar_block;
}

// The end of an archive: two zero blocks.
inline constexpr std::size_t tar_trailer = 2 * tar_block;

// The position of a value in a header block (POSIX.1-2017 pax, "ustar Interchange Format").
struct TarField {
  std::size_t offset;
  std::size_t length;
};

namespace tar_field {
inline constexpr TarField name{0, 100};
inline constexpr TarField mode{100, 8};
inline constexpr TarField uid{108, 8};
inline constexpr TarField gid{116, 8};
inline constexpr TarField size{124, 12};
inline constexpr TarField mtime{136, 12};
inline constexpr TarField checksum{148, 8};
inline constexpr TarField type{156, 1};
inline constexpr TarField link{157, 100};
inline constexpr TarField magic{257, 8};
inline constexpr TarField uname{265, 32};
inline constexpr TarField gname{297, 32};
inline constexpr TarField device_major{329, 8};
inline constexpr TarField device_minor{337, 8};
inline constexpr TarField prefix{345, 155};
inline constexpr TarField tail{500, 12};
}  // namespace tar_field

}  // namespace fn::layer
