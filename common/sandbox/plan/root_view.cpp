// SPDX-License-Identifier: Apache-2.0
#include "sandbox/root_view.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace fn::sandbox {
namespace {

// What overlayfs takes for "not there" (kernel Documentation/filesystems/overlayfs.rst).
bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
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

std::optional<std::string> RootView::read(const std::string& path, Bytes max_bytes) const {
  const sys::Fd file = open(path, O_RDONLY | O_NONBLOCK);
  if (!file) return std::nullopt;
  return sys::read_fd(file.get(), path, max_bytes);
}

void RootView::check_places() const {
  for (const char* place : {"dev", "proc", "tmp"}) {
    for (const sys::Root& layer : layers_) {
      struct stat status {};
      if (fstatat(layer.fd(), place, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode) || is_whiteout(status)) break;
      throw Error(
          Kind::usage,
          fmt::format("'/{}' of the image is {}", place, S_ISLNK(status.st_mode) ? "a symbolic link" : "no directory"),
          "the sandbox mounts its own there; take it out of the image")
          .as(0, "bad_image");
    }
  }
}

void RootView::refuse_links_above(const std::string& path, std::string_view what) const {
  for (const sys::Root& layer : layers_) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string above = path.substr(0, slash);
      const sys::Fd entry(layer.try_open(above, O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat status {};
      if (entry && fstat(entry.get(), &status) == 0 && !S_ISDIR(status.st_mode))
        fail_hint(Kind::usage, "make it when the image is built",
                  "the {} '{}' can't be made: '{}' is no directory in the image", what, printable(path),
                  printable(above));
      if (slash == std::string::npos) break;
    }
  }
}

bool has_mounts_below(const RootFiles& files) {
  if (!files.layers.empty()) return false;
  const std::string below = files.directory == "/" ? "/" : files.directory + "/";
  for (const std::string& line : split(sys::read_file("/proc/self/mountinfo", 16 * MiB), '\n')) {
    const std::vector<std::string> fields = split(line, ' ');
    if (fields.size() > 4 && fields[4].size() > below.size() && fields[4].starts_with(below)) return true;
  }
  return false;
}

}  // namespace fn::sandbox
