// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fn::layer {

// Contents and attributes of files read earlier, by their lstat data: device, inode, size, times. A file with the same
// identity is unchanged, since every change updates the ctime; files that could change unnoticed are not cached (see
// list_directory). Mode and owner do not matter: they are read each time, and changing them updates the ctime too. Safe
// to use from several threads.
class StatCache {
 public:
  StatCache() = default;
  // Data written by pack(). Corrupt data is treated as none.
  explicit StatCache(std::string_view packed);

  struct Value {
    Content content;
    Xattrs xattrs;
  };
  std::optional<Value> find(const FileIdentity& identity);
  void learn(const FileIdentity& identity, Value known);

  // Entries were added since construction.
  bool is_changed() const { return changed_; }
  // The entries found or added: about 60 bytes per file.
  std::string pack() const;

 private:
  struct Row {
    FileIdentity identity;
    Value known;
    bool is_used = false;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Row> rows_;  // by inode; of two files with one number (on two devices) one is kept
  bool changed_ = false;
};

}  // namespace fn::layer
