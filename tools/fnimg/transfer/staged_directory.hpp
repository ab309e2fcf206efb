// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/root.hpp"

#include <string>

namespace fn::img {

// Nothing is in the directory but what belongs there: lost+found of a mounted file system, the remains of a killed
// StagedDirectory. Throws failure.
bool is_vacant(const std::string& path);

// A tree that is built apart from its target and moved there when it is whole. The target is new, or an empty
// directory. It is built beside it, in ".NAME.unpacking", and renamed to it in one step; a target that can't be
// replaced (a mount point, ".", a link, a directory whose parent is not ours to write to) keeps its place: the tree is
// built in it, in
// ".fnimg.unpacking", and its names move up one by one. Remains of a killed one are reused by the next with the same
// target; two at a time notice each other by a lock.
class StagedDirectory {
 public:
  // The target as it will be used. Throws usage if it is something else than an empty directory.
  static std::string check(std::string target);

  // `target` is what check() returned. Throws busy.
  explicit StagedDirectory(const std::string& target);
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;
  ~StagedDirectory();  // removes what was not committed

  sys::Root root() const { return sys::Root(lock_.duplicate()); }
  // `as_root`: the owner of the root of the tree is given to a target that keeps its place, too.
  void commit(bool as_root);

 private:
  void lock() const;
  void clear() const;
  void move_up(bool as_root);

  std::string target_;
  bool inside_;
  sys::Fd parent_;  // of the staged directory
  std::string name_;
  std::string final_name_;
  sys::Fd lock_;  // the staged directory
  bool owned_ = false;
};

}  // namespace fn::img
