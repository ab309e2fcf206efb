// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/stat_cache.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fn::layer {

// Lists a directory tree as a layer's items, sorted by path; the root itself is not among them. Links are never
// followed. Files with several names become one file and hard links. Sockets are left out; `note` is told.
// security.capability and user.* attributes are taken. Throws not_found or usage (no directory) for the root,
// unsupported for what may not be read, usage for a name that begins with ".wh.", failure for a directory that changes
// meanwhile.
//
// Contents that `cache` has are filled in; it learns the others when the layer is written, except those that could
// change once more without a new ctime: of a file that was changed within the present tick of the kernel's clock
// (git's racy-clean rule, Documentation/technical/racy-git.txt), that somebody has open for writing (a page that is
// mapped and dirty already changes without a new time), or on a file system that does not stamp all writes (tmpfs,
// overlayfs, another machine's).
std::vector<Item> list_directory(const std::string& path, const std::function<void(const std::string&)>& note,
                                 std::shared_ptr<StatCache> cache = nullptr);

}  // namespace fn::layer
