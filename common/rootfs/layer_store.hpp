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

// Suffix of a directory that is still being made.
inline constexpr std::string_view making_suffix = ".making";

// The names of an image's layer directories, lowest first: the 64 digits of each layer's ChainID (image-spec,
// config.md, "Layer ChainID"). Not the diffID's: where a layer's entries end up, and which whiteouts and marks it
// needs, depends on the layers below.
std::vector<std::string> layer_names(const oci::Image& image);

// An unpacked directory for each layer, FN_HOME/layers/NAME, in the form that overlayfs stacks with `userxattr`
// (layer/overlay.hpp, made by unpack/make_layers.hpp), so that a sandbox starts without unpacking. A directory under
// its final name is complete, durable and never changed. overlayfs without an upper directory requires two lower ones:
// an image of one layer needs an empty directory below it.
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

  // Open directories with shared locks, in the order of `names`: they are not removed while open. Nothing if one is
  // gone; unpack::make_layers() then makes it again.
  std::optional<std::vector<sys::Fd>> hold(const std::vector<std::string>& names) const;

  // How many of these are missing.
  std::size_t count_missing(const std::vector<std::string>& names) const;

  // The directories that are not in `keep` and not in use.
  std::vector<Directory> unneeded(const std::set<std::string>& keep) const;
  // Removes these, and what killed processes left. If killed itself, it leaves no incomplete directory under a final
  // name.
  Removed remove_unneeded(const std::set<std::string>& keep) const;

  // path(), open; none if it does not exist yet.
  sys::Fd open() const;

 private:
  std::string path_;
};

}  // namespace fn::rootfs
