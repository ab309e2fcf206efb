// SPDX-License-Identifier: Apache-2.0
#include "overlay/staged_layer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "rootfs/layer_lock.hpp"
#include "rootfs/layer_store.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::overlay {
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
      sys::check(-1, "cannot make layer directory '{}'", printable(name));
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
    // Who makes it next empties it.
  }
}

sys::Fd StagedLayer::commit() {
  // One call for thousands of files; and no name for what a power cut could take away.
  sys::check(syncfs(dir_.get()), "cannot write layer directory '{}'", printable(name_));
  sys::check(renameat(store_, staged_name(name_).c_str(), store_, name_.c_str()), "cannot name layer directory '{}'",
             printable(name_));
  sys::Fd dir = std::move(dir_);
  sys::fsync_directory(store_, "layers");
  sys::check(flock(dir.get(), LOCK_SH), "cannot lock layer directory '{}'", printable(name_));
  return dir;
}

}  // namespace fn::overlay
