// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"

#include <cstdint>
#include <string_view>

namespace fn::layer {

// What a file of an upper directory tells overlayfs, with either prefix of its attributes, trusted.overlay. and
// user.overlay. (Linux, filesystems/overlayfs.rst). other: something that changes no file, such as where it came from.
enum class OverlayMark : std::uint8_t { none, whiteout, opaque, other };

bool is_overlay_attribute(std::string_view name);

// Reads the mark and takes overlayfs's attributes out of the entry: no image has them, nor devices 0:0, since a layer
// has its own whiteouts (layer/whiteout.hpp). Throws unsupported for a file whose content or name is in a lower
// directory (metacopy, redirect_dir).
OverlayMark take_overlay_mark(Entry& entry);

}  // namespace fn::layer
