// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_block.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fn::layer {

// A raw header block: of a member, or of the metadata in front of one.
struct TarHeader {
  char type = '0';
  std::string name;  // with the prefix
  std::string link;
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  Bytes size = 0;
  std::int64_t mtime = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
};

bool is_zero(const TarBlock& block);

// Decodes ustar, star, GNU and version 7 headers; numbers in octal or in GNU's base 256. Throws integrity: a wrong
// checksum, a field that is not a number or out of range.
TarHeader decode_tar_header(const TarBlock& block);

// An extent of a sparse file that has data; everything between extents reads as zeros.
struct SparseExtent {
  Bytes offset = 0;
  Bytes size = 0;
};

// GNU's old sparse format (type 'S'; GNU tar manual, "Old GNU Format"): four extents in the header and 21 in each block
// that follows.
Bytes gnu_sparse_real_size(const TarBlock& header);
// Appends the block's extents; true if another block of them follows.
bool gnu_sparse_header_extents(const TarBlock& header, std::vector<SparseExtent>& extents);
bool gnu_sparse_block_extents(const TarBlock& block, std::vector<SparseExtent>& extents);

}  // namespace fn::layer
