// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/rows.hpp"
#include "layer/tar_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace fn::layer {

// Whiteouts as a layer's tar has them (image-spec, layer.md, "Whiteouts"): empty files whose names say what they hide
// in the layers below. overlayfs has a form of its own: layer/overlay.hpp.
inline constexpr std::string_view whiteout_prefix = ".wh.";
inline constexpr std::string_view opaque_marker = ".wh..wh..opq";

// The entry at this path is a whiteout; opaque markers included.
inline bool is_whiteout(std::string_view path) {
  return base_name(path).starts_with(whiteout_prefix);
}

// A name that no entry and no file of a layer can have, for what is kept while a layer is applied.
std::string name_to_keep(std::size_t number);

// Throws integrity for the path of an entry that could be none for its whiteouts: one without a name, or one that would
// be a directory.
void check_whiteout(std::string_view path);

// All that a layer hides of those below it. It is gathered from the whole layer before anything of the layer is
// applied, so that the place of a whiteout among the entries means nothing.
class Whiteouts {
 public:
  using Paths = std::set<std::string, std::less<>>;

  // Each entry of the layer, in any order. Throws integrity for what could be no whiteout.
  void add(const Entry& entry);

  // The same layer's, with one whiteout of them.
  Whiteouts only(const Entry& whiteout) const;

  bool empty() const { return hidden_.empty() && opaque_.empty(); }
  // What goes, with all that is below; and the directories of which all goes that is below. As written: parts of a path
  // may be links of the layers below.
  const Paths& hidden() const { return hidden_; }
  const Paths& opaque() const { return opaque_; }
  // The layer's own directories. Where a lower layer has a link at such a path, a whiteout does not follow it: it means
  // the directory that takes the link's place, in which there is nothing to hide.
  const Paths& directories() const { return directories_; }
  // What the layer's hard links name. They may name what the layer hides: such a file moves.
  const Paths& link_targets() const { return link_targets_; }

 private:
  Paths hidden_;
  Paths opaque_;
  Paths directories_;
  Paths link_targets_;
};

Whiteouts whiteouts_of(std::span<const File> files);
// Of a layer whose segments have these rows (rows.hpp).
Whiteouts whiteouts_in(std::span<const std::string> rows);
// Reads the layer to its end.
Whiteouts read_whiteouts(TarReader& layer);

// The entry that hides `path` of the layers below, and the one that hides all that they have below a directory. They
// are root's, of 1970: nothing of the disk on which they were made.
Entry whiteout_of(std::string_view path, std::int64_t mtime = 0);
Entry opaque_marker_of(std::string_view directory);

}  // namespace fn::layer
