// SPDX-License-Identifier: Apache-2.0
#include "transfer/staged_directory.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/attributes.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::img {
namespace {

constexpr std::string_view inner_name = ".fnimg.unpacking";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string last_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// It is there and can't be replaced by another directory.
bool keeps_its_place(const std::string& target) {
  struct stat status {};
  if (lstat(target.c_str(), &status) != 0) return false;
  const std::string last = last_of(target);
  return last == "." || last == ".." || S_ISLNK(status.st_mode) || sys::is_mount_point(target) ||
         faccessat(AT_FDCWD, parent_of(target).c_str(), W_OK, AT_EACCESS) != 0;
}

}  // namespace

bool is_vacant(const std::string& path) {
  const sys::Fd dir = sys::open_file(path, O_RDONLY | O_DIRECTORY);
  const bool is_mount = sys::is_mount_point(path);
  for (const std::string& name : sys::names_in(dir.get(), path))
    if (name != inner_name && !(is_mount && name == "lost+found")) return false;
  return true;
}

std::string StagedDirectory::check(std::string target) {
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  if (last_of(target).empty())
    fail_hint(Kind::usage, "name a directory that does not exist yet", "cannot unpack to '{}'", printable(target));
  struct stat status {};
  if (stat(target.c_str(), &status) != 0) {
    if (errno != ENOENT) sys::check(-1, "cannot read '{}'", printable(target));
    if (lstat(target.c_str(), &status) == 0) fail(Kind::usage, "'{}' is a symbolic link to nothing", printable(target));
    return target;
  }
  if (!S_ISDIR(status.st_mode)) fail(Kind::usage, "'{}' exists and is not a directory", printable(target));
  if (!is_vacant(target))
    fail_hint(Kind::usage, "name a directory that does not exist yet", "directory '{}' is not empty",
              printable(target));
  return target;
}

StagedDirectory::StagedDirectory(const std::string& target)
    : target_(target),
      inside_(keeps_its_place(target)),
      parent_(sys::open_file(inside_ ? target : parent_of(target), O_RDONLY | O_DIRECTORY)),
      name_(inside_ ? std::string(inner_name) : fmt::format(".{}.unpacking", last_of(target))),
      final_name_(last_of(target)) {
  do {
    if (mkdirat(parent_.get(), name_.c_str(), 0700) != 0 && errno != EEXIST)
      sys::check(-1, "cannot create a directory {} '{}'", inside_ ? "in" : "beside", printable(target));
    lock_ = sys::Fd(openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!lock_ && errno != ENOENT) sys::check(-1, "cannot open '{}'", printable(name_));
    if (lock_) lock();
    // Another one may have moved it to its target just before we had the lock: then it is not ours to clear.
  } while (!lock_ || !sys::is_name_of(parent_.get(), name_, lock_.get()));
  owned_ = true;
  clear();
  sys::check(fchmod(lock_.get(), 0755), "cannot set the mode of '{}'", printable(name_));
}

StagedDirectory::~StagedDirectory() {
  if (!owned_) return;
  try {
    sys::remove_tree(parent_.get(), name_);
  } catch (const Error&) {
    // The next one with this target removes it.
  }
}

void StagedDirectory::commit(bool as_root) {
  if (inside_) return move_up(as_root);
  if (renameat(parent_.get(), name_.c_str(), parent_.get(), final_name_.c_str()) != 0) {
    const int saved = errno;
    if (saved == ENOTEMPTY || saved == EEXIST || saved == ENOTDIR)
      fail(Kind::usage, "'{}' was created by another process during the unpack", printable(target_));
    sys::fail_errno(saved, fmt::format("cannot move the tree to '{}'", printable(target_)));
  }
  owned_ = false;
}

void StagedDirectory::move_up(bool as_root) {
  if (!is_vacant(target_))
    fail(Kind::usage, "'{}' was filled by another process during the unpack", printable(target_));
  struct stat status {};
  sys::check(fstat(lock_.get(), &status), "cannot read '{}'", printable(name_));
  const layer::Xattrs xattrs = layer::Attributes::read_xattrs(lock_.get(), target_);
  for (const std::string& name : sys::names_in(lock_.get(), target_))
    sys::check(renameat(lock_.get(), name.c_str(), parent_.get(), name.c_str()), "cannot move '{}' to '{}'",
               printable(name), printable(target_));
  sys::check(unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR), "cannot remove '{}'", printable(name_));
  owned_ = false;
  layer::Attributes attributes(as_root);
  attributes.set(parent_.get(), attributes.status_of(status, xattrs), xattrs, target_);
}

void StagedDirectory::lock() const {
  while (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    const int saved = errno;
    if (saved == EWOULDBLOCK) fail(Kind::busy, "another fnimg is unpacking to '{}'", printable(target_));
    if (saved != EINTR) sys::fail_errno(saved, fmt::format("cannot lock '{}'", printable(name_)));
    sys::check_interrupt();
  }
}

void StagedDirectory::clear() const {
  for (const std::string& name : sys::names_in(lock_.get(), name_)) sys::remove_tree(lock_.get(), name);
}

}  // namespace fn::img
