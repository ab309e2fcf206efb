// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"
#include "layer/tar_block.hpp"

#include <cstddef>
#include <vector>

namespace fn::layer {

// Appends the header of an entry: one ustar block, preceded by a PAX extended header where ustar can't hold a value
// (POSIX.1-2017 pax, "ustar Interchange Format"). The same entry gives the same bytes anywhere: no names of users, no
// pid, no atime or ctime. Throws usage for what cannot be stored in a tar: a NUL, an xattr name with "=", a device
// number over 21 bits.
void append_tar_header(std::vector<std::byte>& out, const Entry& entry);

}  // namespace fn::layer
