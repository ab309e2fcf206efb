// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/tar_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::layer {

// What an archive is of. A directory tree may be one that an ordinary user unpacked, who then is the owner of all
// unless records say who is (layer/owner_record.hpp), or an upper directory of overlayfs, whose whiteouts become those
// of layers (layer/overlay_mark.hpp). A layer's owners and devices are those of its headers.
enum class TarOf { tree, layer };

// The members of a layer's tar stream as it has them. Contents wait in an unnamed file in the directory `dir` until the
// layer is written. `name` is for errors.
std::vector<Item> read_items(ByteSource& tar, int dir, const std::string& name);

// The members of a tar stream as an extraction would leave them, in the order of the stream. Of two entries with one
// path the last wins, as when the archive is extracted; other names of the first keep its content. Hard links to names
// that are not in the archive are integrity errors.
std::vector<Item> list_tar(ByteSource& tar, int dir, const std::string& name, TarOf what = TarOf::tree);

}  // namespace fn::layer
