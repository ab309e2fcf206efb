// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace fn::run {

// A dry run's message about an image whose layers are not unpacked: later steps depend on their contents.
std::string would_unpack(std::size_t layers);

}  // namespace fn::run
