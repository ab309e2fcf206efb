// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_files.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// The entry of an image at a path. For a hard link it is the file's, with the link's own path, and the file's first
// name as `link`.
struct PathState {
  layer::Entry entry;
  std::optional<Sha256::Value> content;  // of a file
};

// A change that a layer made to a path.
struct PathEvent {
  enum class What { brought, changed, replaced, repeated, deleted };

  std::size_t layer = 0;
  What what = What::brought;
  std::vector<std::string> aspects;  // changed: content, mode, owner, time, link, xattrs, device; replaced: type
  std::string by;                    // deleted: "whiteout 'etc/.wh.x'"; foreign text
  std::optional<PathState> state;    // after it; none: deleted
};

std::string_view what_name(PathEvent::What what);  // "brought", ...

// The changes that the layers of an image made to a path, lowest first. `path` is one of the tree, without links in its
// parents; "" is the root.
std::vector<PathEvent> path_history(const ImageFiles& image, const std::string& path);

// The tree's entry at the path.
std::optional<PathState> state_at(const layer::Tree& tree, const std::string& path);

}  // namespace fn::img
