// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image_files.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// What an image has at a path: an entry. Of a hard link it is the file's, with the link's own path, and its first name
// as `link`.
struct PathState {
  layer::Entry entry;
  std::optional<Sha256::Value> content;  // of a file
};

// What a layer did to a path.
struct PathEvent {
  enum class What { brought, changed, replaced, repeated, deleted };

  std::size_t layer = 0;
  What what = What::brought;
  std::vector<std::string> aspects;  // changed: content, mode, owner, time, link, xattrs, device; replaced: type
  std::string by;                    // deleted: "whiteout 'etc/.wh.x'"; foreign text
  std::optional<PathState> state;    // after it; none: deleted
};

std::string_view what_name(PathEvent::What what);  // "brought", ...

// What the layers of an image did to a path, lowest first. `path` is one of the tree, without links in its parents; ""
// is the root.
std::vector<PathEvent> path_history(const ImageFiles& image, const std::string& path);

// What the tree has there.
std::optional<PathState> state_at(const layer::Tree& tree, const std::string& path);

}  // namespace fn::img
