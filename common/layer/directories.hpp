// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/attributes.hpp"
#include "layer/overlay.hpp"
#include "layer/whiteout.hpp"
#include "sys/root.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace fn::layer {

// The directories of a tree that is being unpacked. Until the end they are private (0700), so that each can be filled
// and no one else reaches a file that does not have its owner yet; settle() gives them the attributes of their entries.
//
// Paths are walked one component at a time from a directory descriptor. The kernel follows no link: links are read and
// resolved here, as if the tree's root were "/".
//
// Over lower layers (overlay form), the tree is the combination of both. A lower directory that a path leads through is
// made here too, with the attributes that it has there, since overlayfs shows those of the uppermost one.
class Directories {
 public:
  struct Directory {
    std::string path;          // no component is a link
    sys::Fd fd;                // O_PATH
    LowerLayers::Shown lower;  // what shows through; none in the plain form
    // Throws integrity for a name or path that is too long.
    std::string below(std::string_view name) const;
  };
  using Handle = std::shared_ptr<const Directory>;
  enum class Missing { make, keep };

  Directories(const sys::Root& root, Attributes& attributes, LowerLayers lower = {});

  // The directory that a path leads to. With make, missing directories are created with implied(), and the result is
  // never null. With keep, null if there is no such directory; with `unfollowed`, also if a link on the way is
  // one of them or leads nowhere. Throws integrity: a file is in the way, a loop of links.
  Handle find(std::string_view path, Missing missing, const Whiteouts::Paths* unfollowed = nullptr);
  // Before other links are to be `unfollowed`: the last answer may have come through one of them.
  void forget_last();

  // Creates the entry's directory or reuses the existing one; anything else at its path is removed.
  void put(const Directory& parent, const std::string& name, const Entry& entry);
  void put_root(const Entry& entry);
  // The attributes of a directory that no layer describes: root's, 0755, time 0.
  void imply(const std::string& path);

  // The status of a name, whichever layer has it; nothing if it does not exist.
  std::optional<LowerLayers::Found> look_up(const Directory& parent, const std::string& name) const;
  // The names in a directory that hide() or close_off() must be told of.
  std::set<std::string> names(const Directory& directory) const;

  // Removes a name, whatever it is, with everything below it, so that something else can take its place.
  void remove(const Directory& parent, const std::string& name);
  // The same permanently: a whiteout hides what lower layers have there. Throws unsupported where none can be made.
  void hide(const Directory& parent, const std::string& name);
  // From now on nothing of lower layers shows in the directory. Not for the root, whose mark overlayfs ignores.
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
  std::string last_path_;                            // the last argument of find(): entries come in runs
  Handle last_;
  std::map<std::string, Described> described_;
};

}  // namespace fn::layer
