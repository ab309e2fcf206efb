// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/attributes.hpp"
#include "layer/overlay.hpp"
#include "sys/root.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace fn::layer {

// The directories of a tree that is being unpacked. While that goes on they are private (0700), so that every one can
// be filled and nobody else reaches a file that has not got its owner yet; settle() gives them what their entries say.
//
// Paths are walked one component at a time from a directory descriptor. The kernel follows no link: links are read and
// resolved here, as if the tree's root were "/".
//
// Over lower layers (overlay form) the tree is what both make together. A lower directory that a path leads through is
// made here too, with the attributes that it has there, since overlayfs shows those of the uppermost one.
class Directories {
 public:
  struct Directory {
    std::string path;          // no component is a link
    sys::Fd fd;                // O_PATH
    LowerLayers::Shown lower;  // what shows through; none in the plain form
    // Throws integrity for what is too long for a name or a path.
    std::string below(std::string_view name) const;
  };
  using Handle = std::shared_ptr<const Directory>;
  enum class Missing { make, keep };

  Directories(const sys::Root& root, Attributes& attributes, LowerLayers lower = {});

  // The directory that a path leads to. With make, what is missing comes into being with implied(); never null. With
  // keep, null if there is no such directory. Throws integrity: a file is in the way, a loop of links.
  Handle find(std::string_view path, Missing missing);

  // Makes the entry's directory, or takes the one that is there; what else is there goes.
  void put(const Directory& parent, const std::string& name, const Entry& entry);
  void put_root(const Entry& entry);
  // What a directory is that no layer describes: root's, 0755, of 1970.
  void imply(const std::string& path);

  // What a name is, wherever it comes from; nothing if it is not there.
  std::optional<LowerLayers::Found> look_up(const Directory& parent, const std::string& name) const;
  // The names in a directory that hide() or close_off() must be told of.
  std::set<std::string> names(const Directory& directory) const;

  // Removes a name, whatever it is, with all below it, so that something else can take its place.
  void remove(const Directory& parent, const std::string& name);
  // The same for good: a whiteout covers what lower layers have there.
  void hide(const Directory& parent, const std::string& name);
  // Nothing of lower layers shows in the directory from now on. Not for the root, whose mark overlayfs does not read.
  void close_off(const std::string& path);

  // Owners, modes and times, the innermost directories first.
  void settle();

 private:
  struct Described {
    Status status;
    bool has_xattrs = false;
  };

  Handle nearest_known(std::string_view path, std::string& rest) const;
  Handle open_child(const Directory& parent, const std::string& name);
  Handle take_from_lower(const Directory& parent, const std::string& name);
  Handle remember(std::string path, sys::Fd fd, LowerLayers::Shown lower);
  Handle make_child(const Directory& parent, const std::string& name);
  void make(const Directory& parent, const std::string& name);
  std::optional<std::string> read_link(const Directory& parent, const std::string& name) const;
  void describe(const std::string& path, const Status& status, const Xattrs& xattrs);
  void describe_as_lower(const std::string& path, const LowerLayers::Shown& lower);
  void forget_all_open();

  const sys::Root& root_;
  Attributes& attributes_;
  LowerLayers lower_;
  Handle top_;
  std::map<std::string, Handle, std::less<>> open_;  // by Directory::path
  std::string last_path_;                            // what find() was asked for last: entries come in runs
  Handle last_;
  std::map<std::string, Described> described_;
};

}  // namespace fn::layer
