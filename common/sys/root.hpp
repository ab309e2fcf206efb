// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>
#include <string_view>

namespace fn::sys {

// A directory that paths can't leave: the only way to touch a path that came out of an image. Symbolic links are
// followed as if the directory were "/" (openat2 RESOLVE_IN_ROOT, or a component-wise walk on kernels before 5.6).
// Magic links are refused. Paths are relative to the root, "" is the root; a leading "/" and "." and ".." can't lead
// out.
class Root {
 public:
  explicit Root(Fd dir) : dir_(std::move(dir)) {}
  static Root open(const std::string& path);

  int fd() const { return dir_.get(); }

  // open(2) inside; the last component is not followed if `flags` has O_NOFOLLOW. -1 and errno on failure.
  int try_open(const std::string& path, int flags, unsigned mode = 0) const noexcept;
  // The same, but throws an Error that names the path.
  Fd open(const std::string& path, int flags, unsigned mode = 0) const;

  // A directory inside (O_PATH) and the last component of a path, or "." for the root: what the *at() calls want.
  // `name` itself is never followed. Here and below, ".." removes the preceding component, whatever that is.
  struct Place {
    Fd dir;
    std::string name;
  };
  // The parent directory and name of `path`. Throws not_found if a parent is missing, usage if a parent is not a
  // directory.
  Place place(const std::string& path) const;

  // The directory itself, created with all missing parents (0755, whatever the umask). A link to a directory inside is
  // followed; throws usage if something that is not a directory is in the way.
  Fd make_directories(const std::string& path) const;

  // Removes the name and everything below it, never following a link. No error if nothing is there.
  void remove_all(const std::string& path) const;

 private:
  Fd dir_;
};

// What Root::try_open does where the kernel has no openat2: resolves `path` in `root` itself, one component at a time.
// The kernel follows no link, and ".." goes back to a directory that is still open, so no rename can lead out.
int open_by_walking(int root, const std::string& path, int flags, unsigned mode) noexcept;

// Removes `name` in `dir` and everything below it by directory descriptors, never following a link, never entering
// another file system. Directories without permissions are made accessible first. No error if nothing is there.
void remove_tree(int dir, const std::string& name);

}  // namespace fn::sys
