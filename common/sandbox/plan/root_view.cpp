// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/root_view.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

namespace fn::sandbox {
namespace {

// What overlayfs takes for "not there" (kernel Documentation/filesystems/overlayfs.rst).
bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

// A directory that does not show what lower layers have in it; of layers for root and for others.
bool is_opaque(int directory) {
  char value = 0;
  for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"})
    if (fgetxattr(directory, name, &value, 1) == 1 && value == 'y') return true;
  return false;
}

}  // namespace

RootView::RootView(const RootFiles& files) {
  for (auto name = files.layers.rbegin(); name != files.layers.rend(); ++name)
    layers_.push_back(sys::Root::open(files.directory + "/" + *name));
  if (layers_.empty()) layers_.push_back(sys::Root::open(files.directory));
}

// None if no layer has it. Of a whiteout the search ends too.
sys::Fd RootView::open(const std::string& path, int flags) const {
  for (const sys::Root& layer : layers_) {
    const sys::Fd found(layer.try_open(path, O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!found || fstat(found.get(), &status) != 0) continue;
    if (is_whiteout(status)) break;
    return sys::Fd(layer.try_open(path, flags | O_CLOEXEC));
  }
  return {};
}

bool RootView::has(const std::string& path) const {
  return bool(open(path, O_PATH));
}

std::optional<bool> RootView::is_directory(const std::string& path) const {
  const sys::Fd found = open(path, O_PATH);
  struct stat status {};
  if (!found || fstat(found.get(), &status) != 0) return std::nullopt;
  return S_ISDIR(status.st_mode);
}

std::optional<std::string> RootView::read(const std::string& path, Bytes max_bytes) const {
  const sys::Fd file = open(path, O_RDONLY | O_NONBLOCK);
  if (!file) return std::nullopt;
  return sys::read_fd(file.get(), path, max_bytes);
}

std::set<std::string> RootView::files_in(const std::string& directory) const {
  std::set<std::string> files;
  std::set<std::string> seen;  // in upper layers
  for (const sys::Root& layer : layers_) {
    const sys::Fd dir(layer.try_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // A whiteout, or a file in its place, hides what is below it.
    if (!dir && sys::Fd(layer.try_open(directory, O_PATH | O_CLOEXEC))) break;
    if (!dir) continue;
    for (const std::string& name : sys::names_in(dir.get(), directory)) {
      struct stat status {};
      if (!seen.insert(name).second || fstatat(dir.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) files.insert(name);
    }
    if (is_opaque(dir.get())) break;
  }
  return files;
}

void RootView::check_places() const {
  for (const char* place : {"dev", "proc", "tmp"}) {
    for (const sys::Root& layer : layers_) {
      struct stat status {};
      if (fstatat(layer.fd(), place, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode) || is_whiteout(status)) break;
      throw Error(Kind::usage,
                  fmt::format("'/{}' of the image is {}", place,
                              S_ISLNK(status.st_mode) ? "a symbolic link" : "not a directory"),
                  "the sandbox mounts its own there; remove it from the image")
          .as(0, "bad_image");
    }
  }
}

std::optional<std::string> RootView::obstacle(const std::string& path) const {
  for (const sys::Root& layer : layers_) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string above = path.substr(0, slash);
      const sys::Fd entry(layer.try_open(above, O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat status {};
      if (entry && fstat(entry.get(), &status) == 0 && !S_ISDIR(status.st_mode)) return above;
      if (slash == std::string::npos) break;
    }
  }
  return std::nullopt;
}

void RootView::refuse_links_above(const std::string& path, std::string_view what) const {
  if (const auto above = obstacle(path))
    fail_hint(Kind::usage, "create it when the image is built",
              "cannot create {} '{}': '{}' is not a directory in the image", what, printable(path), printable(*above));
}

bool has_mounts_below(const RootFiles& files, std::string_view mountinfo) {
  if (!files.layers.empty()) return false;
  const std::string below = files.directory == "/" ? "/" : files.directory + "/";
  // Its fifth word is where a mount is; the fourth may have the same path, but another word follows it.
  const std::string start = " " + below;
  for (std::size_t at = mountinfo.find(start); at != mountinfo.npos; at = mountinfo.find(start, at + 1)) {
    const std::size_t line = mountinfo.rfind('\n', at) + 1;
    const std::string_view before = mountinfo.substr(line, at - line);
    if (std::count(before.begin(), before.end(), ' ') == 3 && mountinfo.substr(at + start.size(), 1) != " ")
      return true;
  }
  return false;
}

}  // namespace fn::sandbox
