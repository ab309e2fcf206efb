// SPDX-License-Identifier: Apache-2.0
// FN_HOME/layers has an unpacked directory for each layer of an image, in one of three forms:
//
//     NAME.making    being filled, under an exclusive lock
//     NAME           complete, durable, and never changed; who uses it has a shared lock
//     NAME.removed   without a name that anybody looks for; being emptied, under an exclusive lock
//
// A removal takes the lock without waiting and passes over what is in use. It renames all directories first, syncs
// that, and only then removes the first file: a power cut must never bring a name back to a directory that has lost
// files. What killed processes left (the first and the third form, not locked) goes on the way.
#include "rootfs/layer_store.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "rootfs/layer_lock.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace fn::rootfs {
namespace {

constexpr std::string_view removed_suffix = ".removed";

bool is_layer_name(std::string_view name) {
  return oci::Digest::is_valid("sha256:" + std::string(name));
}

// Counts a file once, whatever the number of its names. Directories that an ordinary user cannot read count as nothing.
Bytes bytes_on_disk(const sys::Root& root) {
  Bytes bytes = 0;
  std::set<ino_t> linked;
  std::vector<std::string> directories{""};
  while (!directories.empty()) {
    sys::check_interrupt();
    const std::string path = std::move(directories.back());
    directories.pop_back();
    const sys::Fd dir(root.try_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (!dir) continue;
    for (const std::string& name : sys::names_in(dir.get(), path)) {
      struct stat status {};
      if (fstatat(dir.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
      if (S_ISDIR(status.st_mode))
        directories.push_back(path.empty() ? name : path + '/' + name);
      else if (status.st_nlink > 1 && !linked.insert(status.st_ino).second)
        continue;
      bytes += Bytes(status.st_blocks) * 512;
    }
  }
  return bytes;
}

}  // namespace

std::vector<std::string> layer_names(const oci::Image& image) {
  std::vector<std::string> names;
  oci::Digest chain;
  for (const oci::Digest& diff_id : image.config.diff_ids) {
    chain = oci::chain_id(chain, diff_id);
    names.push_back(chain.hex());
  }
  return names;
}

sys::Fd LayerStore::open() const {
  return open_store(path_);
}

std::optional<std::vector<std::string>> LayerStore::find(const oci::Image& image) const {
  std::vector<std::string> names = layer_names(image);
  const sys::Fd store = open();
  for (const std::string& name : names)
    if (!store || faccessat(store.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) < 0) return std::nullopt;
  return names;
}

std::optional<std::vector<sys::Fd>> LayerStore::hold(const std::vector<std::string>& names) const {
  return hold_layers(path_, names);
}

std::size_t LayerStore::count_missing(const std::vector<std::string>& names) const {
  const sys::Fd store = open();
  if (!store) return names.size();
  return std::size_t(std::count_if(names.begin(), names.end(), [&](const std::string& name) {
    return faccessat(store.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
  }));
}

std::vector<LayerStore::Directory> LayerStore::unneeded(const std::set<std::string>& keep) const {
  std::vector<Directory> found;
  const sys::Fd store = open();
  if (!store) return found;
  for (const std::string& name : sys::names_in(store.get(), path_)) {
    if (!is_layer_name(name) || keep.contains(name)) continue;
    sys::Fd dir = try_lock_exclusive(store.get(), name);
    if (dir) found.push_back({.name = name, .bytes = bytes_on_disk(sys::Root(std::move(dir)))});
  }
  return found;
}

LayerStore::Removed LayerStore::remove_unneeded(const std::set<std::string>& keep) const {
  Removed removed;
  const sys::Fd store = open();
  if (!store) return removed;
  std::vector<std::string> nameless;
  for (const std::string& name : sys::names_in(store.get(), path_)) {
    sys::check_interrupt();
    const bool is_leftover = name.ends_with(making_suffix) || name.ends_with(removed_suffix);
    if (!is_leftover && (!is_layer_name(name) || keep.contains(name))) continue;
    sys::Fd dir = try_lock_exclusive(store.get(), name);
    if (!dir) continue;
    if (is_leftover) {
      sys::remove_tree(store.get(), name);
      ++removed.leftovers;
      continue;
    }
    const std::string no_name = name + std::string(removed_suffix);
    sys::remove_tree(store.get(), no_name);
    const Bytes bytes = bytes_on_disk(sys::Root(dir.duplicate()));
    sys::check(renameat(store.get(), name.c_str(), store.get(), no_name.c_str()), "cannot remove layer directory '{}'",
               printable(name));
    nameless.push_back(no_name);
    removed.directories.push_back({.name = name, .bytes = bytes});
  }
  // Before the first file goes: a power cut must not bring the name back to what is left.
  if (!nameless.empty()) sys::fsync_directory(store.get(), path_);
  for (const std::string& name : nameless) sys::remove_tree(store.get(), name);
  return removed;
}

}  // namespace fn::rootfs
