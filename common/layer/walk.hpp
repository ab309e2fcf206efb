// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fn::layer {

// Lists a directory tree as a layer's items, sorted by path; the root itself is not among them. Links are never
// followed. Files with several names become one file and hard links. Sockets are left out; `note` is told.
// security.capability and user.* attributes are taken. Throws not_found or usage (no directory) for the root,
// unsupported for what may not be read, usage for a name that begins with ".wh.".
std::vector<Item> list_directory(const std::string& path, const std::function<void(const std::string&)>& note);

}  // namespace fn::layer
