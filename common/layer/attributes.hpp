// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <sys/stat.h>

namespace fn::layer {

// Owner, mode and time of an entry in the kernel's terms.
struct Status {
  std::uint32_t mode = 0755;  // 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mtime_ns = 0;
  std::int64_t mtime = 0;

  // Throws integrity for an invalid owner (32 bits; all ones means "unchanged" to the kernel).
  static Status of(const Entry& entry);
};

// Sets the attributes of unpacked files, and counts what this user or this file system cannot set. Only what differs is
// set. Thread-safe.
class Attributes {
 public:
  explicit Attributes(bool as_root);

  // Owner, extended attributes, mode, time, in this order: a change of owner clears setuid bits and capabilities, and
  // the mode may forbid the rest. `path` is for errors. An ordinary user's owners are recorded
  // (layer/owner_record.hpp): all but root's, which is that of everything without a record, and those of all
  // directories.
  void set(int fd, const Status& status, const Xattrs& xattrs, const std::string& path);
  // The same for a symbolic link, FIFO or device, which can't be opened. Nothing is followed.
  void set_at(int dir, const std::string& name, const Status& status, const Xattrs& xattrs, const std::string& path);
  // That record alone.
  static void record_owner(int fd, const Status& status, bool is_directory);
  // What set() made of a status: the owner is the recorded one.
  Status status_of(const struct stat& status, const Xattrs& xattrs) const;
  // All extended attributes, except those that belong to this machine.
  static Xattrs read_xattrs(int fd, const std::string& path);
  // Replaces the existing ones.
  void replace_xattrs(int fd, const Xattrs& xattrs, const std::string& path);

  // An attribute that the tree does not get.
  void leave_out() { ++unset_xattrs_; }

  std::uint64_t unset_owners() const { return unset_owners_; }
  std::uint64_t unset_xattrs() const { return unset_xattrs_; }

 private:
  void set_xattr(int fd, const std::string& proc_path, const std::string& name, const std::string& value,
                 const std::string& path);

  bool as_root_;
  std::atomic<std::uint64_t> unset_owners_ = 0;
  std::atomic<std::uint64_t> unset_xattrs_ = 0;
};

}  // namespace fn::layer
