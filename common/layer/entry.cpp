// SPDX-License-Identifier: Apache-2.0
#include "layer/entry.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <climits>
#include <limits>
#include <linux/limits.h>

namespace fn::layer {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::file:
      return "file";
    case Type::directory:
      return "directory";
    case Type::symlink:
      return "symlink";
    case Type::hardlink:
      return "hardlink";
    case Type::char_device:
      return "char_device";
    case Type::block_device:
      return "block_device";
    case Type::fifo:
      return "fifo";
  }
  return "unknown";
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

namespace {

// Linux, capability.h: a magic number, and one set of words for each version that can be set.
bool is_capability(std::string_view value) {
  const int version = value.size() < 4 ? 0 : static_cast<unsigned char>(value[3]);
  return value.empty() || (version == 2 && value.size() == 20) || (version == 3 && value.size() == 24);
}

void check_xattr(const Entry& entry, const std::string& name, const std::string& value) {
  if (name.size() > XATTR_NAME_MAX || value.size() > XATTR_SIZE_MAX ||
      (name == "security.capability" && !is_capability(value)))
    fail(Kind::integrity, "cannot set attribute '{}' of '{}': its {} bytes are not a valid value", printable(name),
         printable(entry.path), value.size());
}

}  // namespace

void check_path(std::string_view path) {
  const std::string_view name = base_name(path);
  if (name.size() > NAME_MAX) fail(Kind::integrity, "'{}': name too long: {} bytes", printable(path), name.size());
  // Through links a path can grow beyond what any program could open later.
  if (path.size() >= PATH_MAX) fail(Kind::integrity, "'{}': path too long: {} bytes", printable(path), path.size());
}

void check_limits(const Entry& entry) {
  if (entry.type == Type::hardlink) return;  // it has no more than a name
  // All ones tells chown(2) to leave the owner alone.
  for (const std::uint64_t id : {entry.uid, entry.gid})
    if (id >= std::numeric_limits<std::uint32_t>::max())
      fail(Kind::integrity, "'{}': invalid owner {}", printable(entry.path), id);
  for (const auto& [name, value] : entry.xattrs) check_xattr(entry, name, value);
  const bool is_device = entry.type == Type::char_device || entry.type == Type::block_device;
  if (is_device && (entry.device_major >= (1U << 12) || entry.device_minor >= (1U << 20)))
    fail(Kind::integrity, "'{}': invalid device number {}:{}", printable(entry.path), entry.device_major,
         entry.device_minor);
  if (entry.type == Type::symlink && entry.link.size() >= PATH_MAX)
    fail(Kind::integrity, "'{}': invalid link target of {} bytes", printable(entry.path), entry.link.size());
}

void fail_link(const Entry& link, std::string_view why) {
  fail(Kind::integrity, "'{}': a hard link to '{}', which is {}", printable(link.path), printable(link.link), why);
}

}  // namespace fn::layer
