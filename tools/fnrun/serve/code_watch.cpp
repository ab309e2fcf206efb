// SPDX-License-Identifier: Apache-2.0
// One inotify watch for each directory, breadth first, so that where watches run out it is the deepest ones that have
// none. A directory is watched before it is read: what is created between the two is found by reading, what comes after
// it by an event, and what is found twice has the same watch.
//
// Of each path that is watched its parent is watched, too, for that one name: editors write a file by renaming another
// one over it, and builds remove a directory and make it again. What moves away takes its watches along and would go on
// telling; they are dropped, and made again where it arrives within what is watched.
#include "serve/code_watch.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <dirent.h>
#include <memory>
#include <sys/inotify.h>
#include <unistd.h>

namespace fn::serve {
namespace {

// Not IN_MODIFY: a file that is being written is complete when it is closed.
constexpr unsigned changes = IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

bool is_code(std::string_view name) {
  return name != ".git" && name != "__pycache__";
}

std::string below(const std::string& directory, std::string_view name) {
  return directory + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

std::vector<std::string> directories_in(const std::string& path) {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(path.c_str()), closedir);
  while (const dirent* entry = listing ? readdir(listing.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    const bool may_be = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    if (may_be && name != "." && name != ".." && is_code(name)) found.push_back(below(path, name));
  }
  return found;
}

int open_inotify() {
  const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0 && errno == EMFILE)
    fail_hint(Kind::busy, "end other programs that watch files, or raise fs.inotify.max_user_instances",
              "cannot watch files: the limit of inotify instances is reached");
  return sys::check(fd, "cannot watch files");
}

}  // namespace

CodeWatch::CodeWatch() : inotify_(open_inotify()) {}

void CodeWatch::set(std::vector<std::string> paths) {
  for (const auto& [watch, directory] : watched_) inotify_rm_watch(inotify_.get(), watch);
  watched_.clear();
  is_incomplete_ = false;
  paths_ = std::move(paths);
  for (const std::string& path : paths_) watch_name(path);
  for (const std::string& path : paths_) add_tree(path);
}

// None if it is not a directory, or can't be watched.
CodeWatch::Directory* CodeWatch::add(const std::string& path) {
  const int watch =
      inotify_add_watch(inotify_.get(), path.c_str(), changes | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK);
  if (watch < 0) {
    is_incomplete_ = is_incomplete_ || errno == ENOSPC;
    return nullptr;
  }
  Directory& directory = watched_[watch];
  directory.path = path;
  return &directory;
}

void CodeWatch::watch_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash + 1 == path.size()) return;
  if (Directory* parent = add(slash == 0 ? "/" : path.substr(0, slash)))
    parent->names.push_back(path.substr(slash + 1));
}

void CodeWatch::add_tree(const std::string& path) {
  std::deque<std::string> next{path};
  for (; !next.empty(); next.pop_front()) {
    Directory* directory = add(next.front());
    if (directory == nullptr) continue;
    directory->whole = true;
    for (std::string& each : directories_in(next.front())) next.push_back(std::move(each));
  }
}

void CodeWatch::drop_tree(const std::string& path) {
  std::erase_if(watched_, [&](const auto& each) {
    const std::string& name = each.second.path;
    const bool inside = name == path || name.starts_with(path + '/');
    if (inside) inotify_rm_watch(inotify_.get(), each.first);
    return inside;
  });
}

std::optional<std::string> CodeWatch::take() {
  std::optional<std::string> changed;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t got = read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return changed;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      at += sizeof event + event.len;
      auto path = changed_by(event.wd, event.mask, name);
      if (!changed) changed = std::move(path);
    }
  }
}

std::optional<std::string> CodeWatch::changed_by(int watch, unsigned mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) {  // anything may have changed, and new directories may have been missed
    for (const std::string& path : paths_) add_tree(path);
    return paths_.empty() ? std::nullopt : std::optional(paths_.front());
  }
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return std::nullopt;
  const Directory& directory = found->second;
  if ((mask & IN_IGNORED) != 0) {
    watched_.erase(found);
    return std::nullopt;
  }
  const bool counts = directory.whole
                          ? is_code(name)
                          : std::find(directory.names.begin(), directory.names.end(), name) != directory.names.end();
  if (!counts) return std::nullopt;
  std::string path = name.empty() ? directory.path : below(directory.path, name);
  if ((mask & IN_ISDIR) != 0 && (mask & IN_MOVED_FROM) != 0) drop_tree(path);
  if ((mask & IN_ISDIR) != 0 && (mask & (IN_CREATE | IN_MOVED_TO)) != 0) add_tree(path);
  return path;
}

}  // namespace fn::serve
