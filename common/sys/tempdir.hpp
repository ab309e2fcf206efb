// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>

namespace fn::sys {

// A temporary directory, removed with its contents by the destructor unless it was released.
class TempDir {
 public:
  // `parent`/PREFIX + random, mode 0700. Throws failure.
  TempDir(const std::string& parent, const std::string& prefix);
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  const std::string& name() const { return name_; }
  int parent_fd() const { return parent_.get(); }
  // It stays, and is the caller's to remove.
  void release() { name_.clear(); }

 private:
  Fd parent_;
  std::string path_;
  std::string name_;  // empty: released
};

// Where temporary files go: TMPDIR if it is set and not empty, /tmp otherwise.
std::string temporary_directory();

}  // namespace fn::sys
