// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/tar_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::layer {

// The members of a tar stream as it has them. Contents wait in an unnamed file in the directory `dir` until the layer
// is written. `name` is for errors.
std::vector<Item> read_items(ByteSource& tar, int dir, const std::string& name);

// The same as an extraction would leave them, in the order of the stream. Of two entries with one path the last wins,
// as when the archive is extracted; other names of the first keep its content. Hard links to names that are not in the
// archive are integrity errors.
std::vector<Item> list_tar(ByteSource& tar, int dir, const std::string& name);

}  // namespace fn::layer
