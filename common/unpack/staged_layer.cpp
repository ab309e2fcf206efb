// SPDX-License-Identifier: Apache-2.0
// begin() makes NAME.making or takes over what is there, waits for its exclusive lock, and looks if NAME exists by now,
// since the process that held the lock before may have finished it. Whatever is inside is the rest of a killed process
// and is removed. commit() syncs the file system before the rename, and the directory of names after it: a power cut
// leaves the name with all files or no name. Then the lock goes, and who wants the layer takes a shared one by its
// name: an exclusive lock of flock(2) can't become a shared one without a moment in between for who removes layers.
#include "unpack/staged_layer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "rootfs/layer_lock.hpp"
#include "rootfs/layer_store.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::unpack {
namespace {

std::string staged_name(const std::string& name) {
  return name + std::string(rootfs::making_suffix);
}

bool is_there(int store, const std::string& name) {
  struct stat status {};
  if (fstatat(store, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != ENOENT) sys::check(-1, "cannot read layer directory '{}'", printable(name));
  return false;
}

}  // namespace

std::optional<StagedLayer> StagedLayer::begin(int store, const std::string& name) {
  const std::string staged = staged_name(name);
  while (true) {
    if (mkdirat(store, staged.c_str(), 0700) < 0 && errno != EEXIST)
      sys::check(-1, "cannot create layer directory '{}'", printable(name));
    sys::Fd dir = rootfs::lock_exclusive(store, staged);
    if (is_there(store, name)) {
      if (dir) unlinkat(store, staged.c_str(), AT_REMOVEDIR);
      return std::nullopt;
    }
    if (!dir) continue;
    StagedLayer layer(store, name, std::move(dir));
    const int fd = layer.dir_.get();
    for (const std::string& each : sys::names_in(fd, staged)) sys::remove_tree(fd, each);
    sys::check(fchmod(fd, 0755), "cannot set the mode of '{}'", printable(staged));
    return layer;
  }
}

StagedLayer::~StagedLayer() {
  if (!dir_) return;
  try {
    sys::remove_tree(store_, staged_name(name_));
  } catch (const Error&) {
    // The next process to make it empties it.
  }
}

void StagedLayer::commit() {
  // One call for thousands of files; and no name for what a power cut could take away.
  sys::check(syncfs(dir_.get()), "cannot write layer directory '{}'", printable(name_));
  sys::check(renameat(store_, staged_name(name_).c_str(), store_, name_.c_str()), "cannot rename layer directory '{}'",
             printable(name_));
  const sys::Fd locked = std::move(dir_);
  sys::fsync_directory(store_, "layers");
}

}  // namespace fn::unpack
