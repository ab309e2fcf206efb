// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/attributes.hpp"
#include "sys/root.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace fn::layer {

// The directories of a tree that is being unpacked. While that goes on they are private (0700), so that every one can
// be filled and nobody else reaches a file that has not got its owner yet; settle() gives them what their entries say.
//
// Paths are walked one component at a time from a directory descriptor. The kernel follows no link: links are read and
// resolved here, as if the tree's root were "/".
class Directories {
 public:
  struct Directory {
    std::string path;  // no component is a link
    sys::Fd fd;        // O_PATH
    // Throws integrity for what is too long for a name or a path.
    std::string below(std::string_view name) const;
  };
  using Handle = std::shared_ptr<const Directory>;
  enum class Missing { make, keep };

  Directories(const sys::Root& root, Attributes& attributes);

  // The directory that a path leads to. With make, what is missing comes into being with implied(); never null. With
  // keep, null if there is no such directory. Throws integrity: a file is in the way, a loop of links.
  Handle find(std::string_view path, Missing missing);

  // Makes the entry's directory, or takes the one that is there; what else is there goes.
  void put(const Directory& parent, const std::string& name, const Entry& entry);
  void put_root(const Entry& entry);
  // What a directory is that no layer describes: root's, 0755, of 1970.
  void imply(const std::string& path);

  // Removes a name, whatever it is, with all below it.
  void remove(const Directory& parent, const std::string& name);

  // Owners, modes and times, the innermost directories first.
  void settle();

 private:
  struct Described {
    Status status;
    bool has_xattrs = false;
  };

  Handle nearest_known(std::string_view path, std::string& rest) const;
  Handle open_child(const Directory& parent, const std::string& name);
  Handle make_child(const Directory& parent, const std::string& name);
  void describe(const std::string& path, const Entry& entry);
  void forget_all_open();

  const sys::Root& root_;
  Attributes& attributes_;
  Handle top_;
  std::map<std::string, Handle, std::less<>> open_;  // by Directory::path
  std::string last_path_;                            // what find() was asked for last: entries come in runs
  Handle last_;
  std::map<std::string, Described> described_;
};

}  // namespace fn::layer
