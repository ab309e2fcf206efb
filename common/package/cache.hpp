// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "package/package.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::package {

// `packages` as bytes for a cache: each path without the prefix that it shares with the previous one. The same packages
// give the same bytes on every machine.
std::string encode(const std::vector<Package>& packages);

// Decodes packages. Throws integrity for bytes that encode() did not write, or that another version of fn wrote.
std::vector<Package> decode(std::string_view bytes);

}  // namespace fn::package
