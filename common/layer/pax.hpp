// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_header.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

struct PaxTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;  // added to the seconds, also before 1970
};

// The contents of an extended header (POSIX.1-2017 pax, "pax Extended Header"; GNU tar manual, "Storing Sparse Files").
// Keys that no layer needs (atime, uname, comment) are dropped.
struct PaxRecords {
  std::optional<std::string> path;
  std::optional<std::string> link;
  std::optional<Bytes> size;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
  std::optional<PaxTime> mtime;
  std::map<std::string, std::string> xattrs;             // SCHILY.xattr.*
  std::map<std::string, std::string> libarchive_xattrs;  // LIBARCHIVE.xattr.*, decoded

  std::optional<std::uint64_t>
      sparse_major;  // GNU.sparse.*: format 1.0 has a version and keeps the extents in front of the data
  std::optional<std::uint64_t> sparse_minor;
  std::optional<std::string> sparse_name;
  std::optional<Bytes> sparse_size;
  std::vector<SparseExtent> extents;
};

// Calls `each` with key and value of every record of one header, in order. Throws integrity: a record that is longer
// than it says or than the header, or without a key.
void for_each_pax_record(std::string_view records,
                         const std::function<void(std::string_view key, std::string_view value)>& each);

// Adds the records of one header: later ones replace earlier ones of the same key, an empty value deletes. Throws
// integrity: a record that is longer than it says or than the header, a value that is not a number, a NUL in a name.
void parse_pax(std::string_view records, PaxRecords& into);

}  // namespace fn::layer
