// SPDX-License-Identifier: Apache-2.0
#include "layer/overlay.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <numeric>
#include <string_view>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <utility>

namespace fn::layer {
namespace {

constexpr const char* opaque_xattr = "user.overlay.opaque";

sys::Fd open_directory(int parent, const std::string& name, const std::string& path) {
  sys::Fd dir(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  sys::check(dir.get(), "cannot open '{}'", printable(path));
  return dir;
}

}  // namespace

bool is_whiteout_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

bool is_opaque(int parent, const std::string& name, const std::string& path) {
  const sys::Fd dir = open_directory(parent, name, path);
  std::array<char, 1> value{};
  const ssize_t length = fgetxattr(dir.get(), opaque_xattr, value.data(), value.size());
  if (length < 0 && errno != ENODATA && errno != ENOTSUP)
    sys::check(-1, "cannot read the attributes of '{}'", printable(path));
  return length == 1 && value[0] == 'y';
}

void make_whiteout(int parent, const std::string& name, const std::string& path) {
  sys::check(mknodat(parent, name.c_str(), S_IFCHR, makedev(0, 0)), "cannot create the whiteout of '{}'",
             printable(path));
}

void mark_opaque(int parent, const std::string& name, const std::string& path) {
  const sys::Fd dir = open_directory(parent, name, path);
  if (fsetxattr(dir.get(), opaque_xattr, "y", 1, 0) == 0) return;
  if (errno == ENOTSUP)
    fail_hint(Kind::unsupported, "use a home on a file system that supports them, such as ext4, XFS or btrfs",
              "cannot mark directory '{}' as opaque: the file system lacks user extended attributes", printable(path));
  sys::check(-1, "cannot mark directory '{}' as opaque", printable(path));
}

LowerLayers::LowerLayers(std::vector<sys::Root> roots) : roots_(std::move(roots)), all_(roots_.size()) {
  std::iota(all_.begin(), all_.end(), std::size_t{0});
}

LowerLayers::Found LowerLayers::find(const Shown& parent, const std::string& path, const std::string& name) const {
  Found found;
  for (const std::size_t layer : parent) {
    sys::Fd dir = roots_[layer].open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    struct stat status {};
    if (fstatat(dir.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
      if (errno == ENOENT) continue;
      sys::check(-1, "cannot read '{}/{}'", printable(path), printable(name));
    }
    const bool is_directory = S_ISDIR(status.st_mode);
    // A directory does not merge with a non-directory.
    if (is_whiteout_device(status) || (found.holder && !is_directory)) break;
    const bool is_last = !is_directory || is_opaque(dir.get(), name, path + '/' + name);
    if (!found.holder) {
      found.status = status;
      found.holder = std::move(dir);
    }
    if (is_directory) found.directory.push_back(layer);
    if (is_last) break;
  }
  return found;
}

sys::Fd LowerLayers::open(const Shown& directory, const std::string& path) const {
  return roots_[directory.front()].open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

std::set<std::string> LowerLayers::names_in_root() const {
  std::set<std::string> names;
  for (const sys::Root& root : roots_) names.merge(sys::names_in(root.fd(), "."));
  return names;
}

}  // namespace fn::layer
