// SPDX-License-Identifier: Apache-2.0
// Paths inside a directory that is not ours, resolved as if it were "/": links and ".." can't leave it. The kernel does
// that (openat2(2), RESOLVE_IN_ROOT), and where it is too old or a filter forbids it, open_by_walking() does the same
// by components. openat2 gives up with EAGAIN if something is renamed while ".." is resolved; after a hundred times the
// walk is taken, which holds every directory open and can't be disturbed.
//
// Names are made and removed by descriptor of their directory and a last component, which is never followed. Nobody may
// use a path here twice and believe that it leads to the same file.
#include "sys/root.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace fn::sys {
namespace {

int openat2_in_root(int root, const char* path, int flags, unsigned mode) noexcept {
  open_how how{};
  how.flags = unsigned(flags | O_CLOEXEC);
  // Unlike openat, openat2 refuses a mode that it wouldn't use.
  if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) how.mode = mode & 07777;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return int(syscall(SYS_openat2, root, path, &how, sizeof how));
}

// Old kernels say ENOSYS, and the seccomp filters of old container engines EPERM.
bool has_openat2() noexcept {
  static const bool available = Fd(openat2_in_root(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0)).get() >= 0;
  return available;
}

// A path without ".", ".." and doubled slashes.
std::string clean(const std::string& path) {
  std::string out;
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      const std::size_t slash = out.rfind('/');
      out.resize(slash == out.npos ? 0 : slash);
    } else {
      if (!out.empty()) out += '/';
      out += part;
    }
  }
  return out;
}

// The end of a clean path, and what is before it.
std::string last_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}
std::string beneath_parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string() : path.substr(0, slash);
}

bool leads_through_no_directory(int errno_value) {
  return errno_value == ENOTDIR || errno_value == ELOOP;
}

}  // namespace

Root Root::open(const std::string& path) {
  const Fd found = open_file(path, O_PATH);
  struct stat status {};
  check(fstat(found.get(), &status), "cannot open '{}'", printable(path));
  if (!S_ISDIR(status.st_mode)) fail(Kind::usage, "'{}' is not a directory", printable(path));
  return Root(
      Fd(check(openat(found.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot open '{}'", printable(path))));
}

int Root::try_open(const std::string& path, int flags, unsigned mode) const noexcept {
  if (path.find('\0') != path.npos) {
    errno = EINVAL;
    return -1;
  }
  if (!has_openat2()) return open_by_walking(dir_.get(), path, flags, mode);
  int fd = -1;
  // EAGAIN: something was renamed while ".." was resolved. Against endless renames, fall back to the walk, which can't
  // be disturbed.
  for (int tries = 0; tries < 100; ++tries) {
    do {
      fd = openat2_in_root(dir_.get(), path.empty() ? "." : path.c_str(), flags, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0 || errno != EAGAIN) return fd;
  }
  return open_by_walking(dir_.get(), path, flags, mode);
}

Fd Root::open(const std::string& path, int flags, unsigned mode) const {
  Fd fd(try_open(path, flags, mode));
  if (fd) return fd;
  const int saved = errno;
  if (saved == ENOENT) fail(Kind::not_found, "cannot open '{}': no such file or directory", printable(path));
  fail_errno(saved, fmt::format("cannot open '{}'", printable(path)));
}

Root::Place Root::place(const std::string& path) const {
  const std::string name = clean(path);
  const std::string parent = beneath_parent(name);
  Place place{.dir = Fd(try_open(parent, O_PATH | O_DIRECTORY)), .name = name.empty() ? "." : last_of(name)};
  if (place.dir) return place;
  const int saved = errno;
  if (saved == ENOENT) fail(Kind::not_found, "'{}': directory '{}' is missing", printable(path), printable(parent));
  if (leads_through_no_directory(saved))
    fail(Kind::usage, "'{}': '{}' is not a directory", printable(path), printable(parent));
  fail_errno(saved, fmt::format("cannot open '{}'", printable(parent)));
}

Fd Root::make_directories(const std::string& path) const {
  std::string existing = clean(path);
  std::vector<std::string> missing;  // the innermost first
  Fd dir;
  while (!(dir = Fd(try_open(existing, O_RDONLY | O_DIRECTORY)))) {
    const int saved = errno;
    if (leads_through_no_directory(saved))
      fail(Kind::usage, "cannot create directory '{}': '{}' is not a directory", printable(path), printable(existing));
    if (saved != ENOENT || existing.empty())
      fail_errno(saved, fmt::format("cannot create directory '{}'", printable(path)));
    missing.push_back(last_of(existing));
    existing = beneath_parent(existing);
  }
  for (; !missing.empty(); missing.pop_back()) {
    const char* name = missing.back().c_str();
    const bool is_new = mkdirat(dir.get(), name, 0755) == 0;
    if (!is_new && errno != EEXIST) fail_errno(errno, fmt::format("cannot create directory '{}'", printable(path)));
    Fd child(openat(dir.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    // A link that leads nowhere, or something that came just now.
    if (!child && leads_through_no_directory(errno))
      fail(Kind::usage, "cannot create directory '{}': '{}' is not a directory", printable(path), printable(name));
    check(child.get(), "cannot create directory '{}'", printable(path));
    if (is_new) check(fchmod(child.get(), 0755), "cannot create directory '{}'", printable(path));
    dir = std::move(child);
  }
  return dir;
}

void Root::remove_all(const std::string& path) const {
  const std::string name = clean(path);
  if (name.empty()) fail(Kind::usage, "cannot remove '{}': it is the root of the tree", printable(path));
  const Fd parent(try_open(beneath_parent(name), O_PATH | O_DIRECTORY));
  if (!parent && (errno == ENOENT || errno == ENOTDIR)) return;
  check(parent.get(), "cannot remove '{}'", printable(path));
  remove_tree(parent.get(), last_of(name));
}

}  // namespace fn::sys
