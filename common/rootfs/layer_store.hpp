// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "oci/layout.hpp"
#include "sys/fd.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fn::rootfs {

// Ends the name of a directory that is still being made.
inline constexpr std::string_view making_suffix = ".making";

// The names of an image's layer directories, lowest first: the 64 digits of each layer's ChainID (image-spec,
// config.md, "Layer ChainID"). Not the diffID's: where a layer's entries come to lie, and which whiteouts and marks it
// needs, depends on the layers below.
std::vector<std::string> layer_names(const oci::Image& image);

// An unpacked directory for each layer, FN_HOME/layers/NAME, in the form that overlayfs stacks with `userxattr`
// (layer/overlay.hpp, made by overlay/make_layers.hpp), so that a sandbox starts without unpacking. A directory that
// has its name is complete, durable and never changed. overlayfs without an upper directory wants two lower ones: an
// image of one layer needs an empty directory below it.
class LayerStore {
 public:
  struct Directory {
    std::string name;
    Bytes bytes = 0;  // on disk; a file that two layers share counts for both
  };
  struct Removed {
    std::vector<Directory> directories;
    std::size_t leftovers = 0;  // of processes that were killed
  };

  // `home` is FN_HOME. Opens nothing.
  explicit LayerStore(const std::string& home) : path_(home + "/layers") {}

  const std::string& path() const { return path_; }

  // The directories of the image's layers, lowest first, relative to path(). Nothing if one is missing.
  std::optional<std::vector<std::string>> find(const oci::Image& image) const;

  // Open directories with shared locks, in the order of `names`: while they are open nobody removes them. Nothing if
  // one is gone; then overlay::make_layers() makes them again.
  std::optional<std::vector<sys::Fd>> hold(const std::vector<std::string>& names) const;

  // The directories that are not named in `keep` and that nobody uses now.
  std::vector<Directory> unneeded(const std::set<std::string>& keep) const;
  // Removes these, and what killed processes left. Killed itself it leaves no incomplete directory under its name.
  Removed remove_unneeded(const std::set<std::string>& keep) const;

  // path(), open; none if it is not there yet.
  sys::Fd open() const;

 private:
  std::string path_;
};

}  // namespace fn::rootfs
