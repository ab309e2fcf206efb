// SPDX-License-Identifier: Apache-2.0
#include "layer/attributes.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/overlay_mark.hpp"
#include "layer/owner_record.hpp"
#include "sys/fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fn::layer {
namespace {

// These tell overlayfs and SELinux of this machine what to do with a file; from an image they would be lies.
bool belongs_to_machine(std::string_view xattr) {
  return is_overlay_attribute(xattr) || xattr == "security.selinux" || xattr == "system.nfs4_acl";
}

std::vector<std::string> xattr_names(int fd, const std::string& path) {
  std::string text(65536, '\0');  // XATTR_LIST_MAX
  const ssize_t length = flistxattr(fd, text.data(), text.size());
  if (length < 0 && errno != ENOTSUP) sys::check(-1, "cannot read the attributes of '{}'", printable(path));
  text.resize(length < 0 ? 0 : std::size_t(length));
  std::vector<std::string> names;
  for (std::string& name : split(text, '\0'))
    if (!name.empty() && !belongs_to_machine(name)) names.push_back(std::move(name));
  return names;
}

bool same_owner(const struct stat& now, const Status& status) {
  return now.st_uid == status.uid && now.st_gid == status.gid;
}

// A setuid program whose owner could not be set would run with the rights of the user who unpacked it.
std::uint32_t harmless(std::uint32_t mode, const struct stat& now) {
  return S_ISDIR(now.st_mode) ? mode : mode & ~std::uint32_t{S_ISUID | S_ISGID};
}

[[noreturn]] void fail_owner(const Status& status, const std::string& path) {
  const int saved = errno;
  if (saved == EINVAL)
    fail_hint(Kind::unsupported, "unpack outside this user namespace, or map more ids into it",
              "cannot change the owner of '{}' to {}:{}: not mapped in this user namespace", printable(path),
              status.uid, status.gid);
  sys::fail_errno(saved,
                  fmt::format("cannot change the owner of '{}' to {}:{}", printable(path), status.uid, status.gid));
}

std::array<timespec, 2> times_of(const Status& status) {
  return {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
          timespec{.tv_sec = status.mtime, .tv_nsec = std::int64_t{status.mtime_ns}}};
}

}  // namespace

Status Status::of(const Entry& entry) {
  return {.mode = entry.mode,
          .uid = std::uint32_t(entry.uid),
          .gid = std::uint32_t(entry.gid),
          .mtime_ns = entry.mtime_ns,
          .mtime = entry.mtime};
}

Attributes::Attributes(bool as_root) : as_root_(as_root) {}

void Attributes::set(int fd, const Status& status, const Xattrs& xattrs, const std::string& path) {
  struct stat now {};
  sys::check(fstat(fd, &now), "cannot read '{}'", printable(path));
  std::uint32_t mode = status.mode;
  bool mode_is_set = (now.st_mode & 07777) == mode;
  if (!as_root_) record_owner(fd, status, S_ISDIR(now.st_mode));
  if (!same_owner(now, status)) {
    if (!as_root_) {
      ++unset_owners_;
      mode = harmless(mode, now);
    } else if (fchown(fd, status.uid, status.gid) < 0) {
      fail_owner(status, path);
    }
    mode_is_set = false;
  }
  for (const auto& [name, value] : xattrs) set_xattr(fd, {}, name, value, path);
  if (!mode_is_set) sys::check(fchmod(fd, mode), "cannot set the mode of '{}'", printable(path));
  sys::check(futimens(fd, times_of(status).data()), "cannot set the time of '{}'", printable(path));
}

void Attributes::set_at(int dir, const std::string& name, const Status& status, const Xattrs& xattrs,
                        const std::string& path) {
  struct stat now {};
  sys::check(fstatat(dir, name.c_str(), &now, AT_SYMLINK_NOFOLLOW), "cannot read '{}'", printable(path));
  std::uint32_t mode = status.mode;
  bool mode_is_set = S_ISLNK(now.st_mode) || (now.st_mode & 07777) == mode;
  if (!same_owner(now, status)) {
    if (!as_root_) {
      ++unset_owners_;
      mode = harmless(mode, now);
    } else if (fchownat(dir, name.c_str(), status.uid, status.gid, AT_SYMLINK_NOFOLLOW) < 0) {
      fail_owner(status, path);
    }
    mode_is_set = S_ISLNK(now.st_mode);
  }
  // The calls of this kernel take no directory descriptor, and a path under /proc/self/fd follows no link in its last
  // part.
  for (const auto& [xattr, value] : xattrs)
    set_xattr(-1, fmt::format("/proc/self/fd/{}/{}", dir, name), xattr, value, path);
  if (!mode_is_set)
    sys::check(fchmodat(dir, name.c_str(), mode, AT_SYMLINK_NOFOLLOW), "cannot set the mode of '{}'", printable(path));
  sys::check(utimensat(dir, name.c_str(), times_of(status).data(), AT_SYMLINK_NOFOLLOW), "cannot set the time of '{}'",
             printable(path));
}

// Also of what happens to belong to the user: without a record it would be root's.
void Attributes::record_owner(int fd, const Status& status, bool is_directory) {
  if (status.uid == 0 && status.gid == 0 && !is_directory) return;
  const std::string record = owner_record(status.uid, status.gid);
  // A file system without attributes keeps no record; the count says that owners are not set.
  fsetxattr(fd, owner_attribute.data(), record.data(), record.size(), 0);
}

Status Attributes::status_of(const struct stat& status, const Xattrs& xattrs) const {
  Entry entry;
  if (as_root_) {
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
  } else if (const auto record = xattrs.find(std::string(owner_attribute)); record != xattrs.end()) {
    if (const auto owner = OwnerRecord::parse(record->second)) owner->apply_to(entry);
  }
  entry.mode = status.st_mode & 07777;
  entry.mtime = status.st_mtim.tv_sec;
  entry.mtime_ns = std::uint32_t(status.st_mtim.tv_nsec);
  return Status::of(entry);
}

Xattrs Attributes::read_xattrs(int fd, const std::string& path) {
  Xattrs xattrs;
  for (const std::string& name : xattr_names(fd, path)) {
    std::string value(65536, '\0');  // XATTR_SIZE_MAX
    const ssize_t length = fgetxattr(fd, name.c_str(), value.data(), value.size());
    if (length < 0 && errno == ENODATA) continue;
    value.resize(std::size_t(sys::check(length, "cannot read the attributes of '{}'", printable(path))));
    xattrs.emplace(name, std::move(value));
  }
  return xattrs;
}

void Attributes::replace_xattrs(int fd, const Xattrs& xattrs, const std::string& path) {
  for (const std::string& name : xattr_names(fd, path))
    if (!xattrs.contains(name)) fremovexattr(fd, name.c_str());
  for (const auto& [name, value] : xattrs) set_xattr(fd, {}, name, value, path);
}

void Attributes::set_xattr(int fd, const std::string& proc_path, const std::string& name, const std::string& value,
                           const std::string& path) {
  if (belongs_to_machine(name)) {
    ++unset_xattrs_;
    return;
  }
  const int result = fd >= 0 ? fsetxattr(fd, name.c_str(), value.data(), value.size(), 0)
                             : lsetxattr(proc_path.c_str(), name.c_str(), value.data(), value.size(), 0);
  if (result == 0) return;
  const int saved = errno;
  const std::string what = fmt::format("cannot set attribute '{}' of '{}'", printable(name), printable(path));
  // The braces are for clang 14, which destroys the temporaries of a bare `case` on other ways out of the switch too.
  switch (saved) {
    case EPERM:
    case ENOTSUP:
    case EINVAL:  // this kernel knows of no such value
      ++unset_xattrs_;
      return;
    case ENOSPC: {
      fail_hint(Kind::unsupported, "unpack to a file system that allows more, such as XFS, or free some space there",
                "{}: the file system has no room for {} bytes", what, value.size());
    }
    default:
      sys::fail_errno(saved, what);
  }
}

}  // namespace fn::layer
