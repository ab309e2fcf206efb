// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fn::serve {

// Files and directories that an instance sees as they were when it started, watched by inotify(7). Of a directory, all
// that is below it, but not what symbolic links lead to, nor `.git` and `__pycache__`, which are not code. Where a
// directory cannot be watched its changes are not seen.
class CodeWatch {
 public:
  // Throws busy if the user has no inotify instance left.
  CodeWatch();

  // Watches these and nothing else; absolute paths. Reads every directory below them.
  void set(std::vector<std::string> paths);
  // Readable when something changed.
  int fd() const { return inotify_.get(); }
  // Something that changed since the last call. New directories are watched from then on.
  std::optional<std::string> take();

  std::size_t directories() const { return watched_.size(); }
  // The limit of the user's watches is reached: changes in some directories are not seen.
  bool is_incomplete() const { return is_incomplete_; }

 private:
  struct Directory {
    std::string path;
    bool whole = false;              // all names count
    std::vector<std::string> names;  // else these
  };

  void watch_name(const std::string& path);
  void add_tree(const std::string& path);
  void drop_tree(const std::string& path);
  Directory* add(const std::string& path);
  std::optional<std::string> changed_by(int watch, unsigned mask, std::string_view name);

  sys::Fd inotify_;
  std::vector<std::string> paths_;
  std::unordered_map<int, Directory> watched_;  // by watch descriptor
  bool is_incomplete_ = false;
};

}  // namespace fn::serve
