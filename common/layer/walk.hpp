// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/stat_cache.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// An attribute that means something on another machine, too: security.capability and user.*, without those that are
// overlayfs's or tell of a tree that a user unpacked. Labels and access lists belong to this machine.
bool is_listed(std::string_view attribute);

// Who unpacked a tree. A user's tree may have no record at the top: umoci writes none of root's files.
enum class UnpackedBy { whom_records_say, user };

// Lists a directory tree as a layer's items, sorted by path; the root itself is not among them. Links are never
// followed. Files with several names become one file and hard links. Sockets are left out; `note` is told.
// Attributes that are listed are included. Throws not_found or usage (not a directory) for the root,
// unsupported for unreadable files, usage for a name that begins with ".wh.", failure for a directory that changes
// while it is read.
//
// Owners that an ordinary user's unpack recorded are the files' owners (layer/owner_record.hpp), and below a directory
// with such a record, what has none and belongs to the user who owns the tree is root's. `note` is told of records that
// are none.
//
// In an upper directory of overlayfs, what hides files of lower ones becomes a layer's whiteouts
// (layer/overlay_mark.hpp, layer/whiteout.hpp).
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
                                 std::shared_ptr<StatCache> cache = nullptr, const std::string& state = {},
                                 UnpackedBy by = UnpackedBy::whom_records_say);

// A file, or what a link to one leads to, as the one item of a source: its path is the last component of `path`. Throws
// as list_directory().
std::vector<Item> list_file(const std::string& path);

}  // namespace fn::layer
