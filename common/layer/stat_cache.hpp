// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fn::layer {

// Contents and attributes of files that were read before, by what lstat says of them: device, inode, size, times. A
// file whose identity is the same is the same, since no change leaves the ctime as it is; what could have changed
// unseen is not learned (see list_directory). Mode and owner are not of interest: they are read each time, and their
// change moves the ctime too. Safe to use from several threads.
class StatCache {
 public:
  StatCache() = default;
  // What pack() wrote. One that is damaged is as good as none.
  explicit StatCache(std::string_view packed);

  struct Known {
    Content content;
    std::map<std::string, std::string> xattrs;  // as in Entry
  };
  std::optional<Known> find(const FileIdentity& identity);
  void learn(const FileIdentity& identity, Known known);

  // Something was learned since it was made.
  bool is_changed() const { return changed_; }
  // What was found or learned: about 60 bytes a file.
  std::string pack() const;

 private:
  struct Row {
    FileIdentity identity;
    Known known;
    bool is_used = false;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Row>
      rows_;  // by inode: a tree that has one number twice, on two devices, keeps one
  bool changed_ = false;
};

}  // namespace fn::layer
