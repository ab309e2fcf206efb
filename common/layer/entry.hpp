// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "layer/xattrs.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fn::layer {

enum class Type : std::uint8_t { file, directory, symlink, hardlink, char_device, block_device, fifo };

std::string_view type_name(Type type);  // "file", "directory", "symlink", ...

// One member of a layer: what a tar header and its PAX records say (image-spec, layer.md, "File Attributes").
struct Entry {
  std::string path = {};  // relative, no leading or trailing "/", no empty, "." or ".." component; "" is the root
  Type type = Type::file;
  std::uint32_t mode = 0644;  // permission, setuid, setgid and sticky bits (07777)
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;  // seconds since 1970
  Bytes size = 0;          // of the content that follows; 0 unless it is a file
  std::string link = {};   // symlink: as it is; hardlink: the path of the first name, in the form of `path`
  std::uint32_t mtime_ns = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  Xattrs xattrs = {};

  friend bool operator==(const Entry&, const Entry&) = default;
};

// The last component of a path, and what is before it ("" for none).
std::string_view base_name(std::string_view path);
std::string_view parent_path(std::string_view path);

// Throws integrity for what no file system of Linux can hold: a name of more than 255 bytes, a path of more than 4095.
void check_path(std::string_view path);
// The same for all but the path: an owner of more than 32 bits or all ones, a device number of more than 12 and 20
// bits, the target of a symbolic link of more than 4095 bytes, attributes with a name of more than 255 bytes or a value
// of more than 64 KiB, a capability that is none.
void check_limits(const Entry& entry);

// Throws integrity: a hard link to what is "missing" or "a directory".
[[noreturn]] void fail_link(const Entry& link, std::string_view why);

}  // namespace fn::layer
