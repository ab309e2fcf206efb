// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <string>
#include <string_view>

namespace fn::layer {

// Bytes as one zstd frame with a checksum, for caches that only we read.
std::string to_frame(std::string_view bytes);
// Throws integrity for a frame that is damaged, or that holds more than `limit`.
std::string from_frame(std::string_view frame, Bytes limit);

}  // namespace fn::layer
