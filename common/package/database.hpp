// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "package/package.hpp"

#include <string_view>
#include <vector>

namespace fn::package {

// Whether the file at `path` (in an image, without a leading slash) is one that read_database() reads: the databases of
// dpkg (status.d of distroless images too), apk and rpm, METADATA, RECORD and PKG-INFO of Python's packages, and the
// package.json of packages below a node_modules.
bool is_database(std::string_view path);

// The packages of this one file, to be passed to combine() with those of other files. Only installed packages are
// included; paths can't leave the image. Throws integrity for a corrupt or contradictory file, with a line number where
// there are lines. Memory is bounded (256 MiB of names), time by a small multiple of the size.
std::vector<Package> read_database(std::string_view path, std::string_view bytes);

}  // namespace fn::package
