// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/root.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace fn::layer {

// The form in which overlayfs stacks directories, mounted with `userxattr` (Linux, filesystems/overlayfs.rst,
// "whiteouts and opaque directories"): a character device 0:0 says that nothing is there, "user.overlay.opaque" = "y"
// that nothing shows through a directory. `path` is for errors.
bool is_whiteout_device(const struct stat& status);
bool is_opaque(int parent, const std::string& name, const std::string& path);
// Ordinary users may create these (since Linux 5.8). Throws unsupported where they may not.
void make_whiteout(int parent, const std::string& name, const std::string& path);
// Throws unsupported if the file system lacks such attributes.
void mark_opaque(int parent, const std::string& name, const std::string& path);

// The layers below one, merged into one tree as overlayfs shows them. They must not change.
class LowerLayers {
 public:
  LowerLayers() = default;
  // The directory of each, uppermost first.
  explicit LowerLayers(std::vector<sys::Root> roots);

  // The layers that contribute to a directory, uppermost first.
  using Shown = std::vector<std::size_t>;
  const Shown& all() const { return all_; }

  // What a name refers to. It does not exist if `holder` is none.
  struct Found {
    sys::Fd holder;         // O_PATH, the directory that has it
    struct stat status {};  // of the uppermost, if there are several
    Shown directory = {};   // none if it is something else
  };
  // `parent` is the directory at `path`; no component of the path is a link.
  Found find(const Shown& parent, const std::string& path, const std::string& name) const;
  // The uppermost directory at a path that find() gave, for reading.
  sys::Fd open(const Shown& directory, const std::string& path) const;
  // The names in the roots of all layers, hidden or not.
  std::set<std::string> names_in_root() const;

 private:
  std::vector<sys::Root> roots_;
  Shown all_;
};

}  // namespace fn::layer
