// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "package/package.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::package {

// `packages` as bytes for a cache: each path only from where it differs from the one before it. The same packages give
// the same bytes on every machine.
std::string encode(const std::vector<Package>& packages);

// The packages again. Throws integrity if a byte is not as encode() wrote it, or if another version of fn did.
std::vector<Package> decode(std::string_view bytes);

}  // namespace fn::package
