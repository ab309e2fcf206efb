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
// security.capability and user.* attributes are included. Throws not_found or usage (not a directory) for the root,
// unsupported for unreadable files, usage for a name that begins with ".wh.", failure for a directory that changes
// while it is read.
//
// Contents in `cache` are filled in; the others are added when the layer is written, except those of files that could
// change again without a new ctime: a file changed within the present tick of the kernel's clock (git's racy-clean
// rule, Documentation/technical/racy-git.txt), a file that someone has open for writing (a page that is already mapped
// and dirty changes without a new time), or one on a file system that does not stamp all writes (tmpfs, overlayfs,
// another machine's).
//
// The directory `state` ("" for none) is left out with all that is in it, and `note` is told, if it is met; it is a
// usage error if it is the tree itself.
std::vector<Item> list_directory(const std::string& path, const std::function<void(const std::string&)>& note,
                                 std::shared_ptr<StatCache> cache = nullptr, const std::string& state = {});

// A file, or what a link to one leads to, as the one item of a source: its path is the last component of `path`. Throws
// as list_directory().
std::vector<Item> list_file(const std::string& path);

}  // namespace fn::layer
