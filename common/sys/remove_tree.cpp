// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "sys/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fn::sys {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

bool same_directory(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// A removal with one open directory at a time, whatever the depth: on the way up ".." must be the directory that it
// came from, else someone moved it and the removal would go on elsewhere.
class Removal {
 public:
  explicit Removal(int top) : top_(top) {
    struct stat status {};
    check(fstat(top, &status), "cannot inspect the directory to be removed");
    device_ = status.st_dev;
  }

  void run(const std::string& name) {
    remove_or_enter(name);
    while (!levels_.empty()) {
      if (levels_.back().directories.empty()) {
        leave();
      } else {
        const std::string child = std::move(levels_.back().directories.back());
        levels_.back().directories.pop_back();
        remove_or_enter(child);
      }
    }
  }

 private:
  struct Level {
    std::string name;
    struct stat status;
    std::vector<std::string> directories;  // children that are still to be removed
  };

  int parent() const { return levels_.empty() ? top_ : current_.get(); }

  void remove_or_enter(const std::string& name) {
    if (unlinkat(parent(), name.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR) fail_removal(errno, name);
    if (unlinkat(parent(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
    if (errno != ENOTEMPTY && errno != EEXIST) fail_removal(errno, name);
    enter(name);
  }

  void enter(const std::string& name) {
    Fd child(openat(parent(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!child || fstat(child.get(), &status) < 0) fail_removal(errno, name);
    if (status.st_dev != device_) fail(Kind::failure, "cannot remove '{}': it is a mount point", full_name(name));
    // fchmod() takes no O_PATH descriptor. A failure shows soon, when the directory can't be read.
    if ((status.st_mode & S_IRWXU) != S_IRWXU) chmod(fmt::format("/proc/self/fd/{}", child.get()).c_str(), S_IRWXU);
    child = Fd(openat(child.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!child) fail_removal(errno, name);
    current_ = std::move(child);
    levels_.push_back({.name = name, .status = status, .directories = {}});
    for (const std::string& each : names_of_children())
      if (unlinkat(current_.get(), each.c_str(), 0) < 0 && errno != ENOENT) levels_.back().directories.push_back(each);
  }

  // All of them before the first goes: what readdir() says of a directory that shrinks differs from one file system to
  // another.
  std::vector<std::string> names_of_children() {
    Fd copy = current_.duplicate();
    const std::unique_ptr<DIR, CloseDir> dir(fdopendir(copy.get()));
    if (!dir) fail_removal(errno, {});
    copy.release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(dir.get())) {
      std::string name(entry->d_name);
      if (name != "." && name != "..") names.push_back(std::move(name));
      errno = 0;
    }
    if (errno != 0) fail_removal(errno, {});
    return names;
  }

  void leave() {
    const std::string name = std::move(levels_.back().name);
    levels_.pop_back();
    if (levels_.empty()) {
      current_.reset();
    } else {
      current_ = Fd(openat(current_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct stat status {};
      if (!current_ || fstat(current_.get(), &status) < 0) fail_removal(errno, name);
      if (!same_directory(status, levels_.back().status))
        fail(Kind::failure, "cannot remove '{}': it was moved in the meantime", full_name(name));
    }
    if (unlinkat(parent(), name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) fail_removal(errno, name);
  }

  std::string full_name(const std::string& name) const {
    std::string path;
    for (const Level& level : levels_) path += level.name + '/';
    path += name;
    return printable(path);
  }

  [[noreturn]] void fail_removal(int errno_value, const std::string& name) const {
    fail_errno(errno_value, fmt::format("cannot remove '{}'", full_name(name)));
  }

  int top_;
  dev_t device_ = 0;
  Fd current_;  // the directory of the last level
  std::vector<Level> levels_;
};

}  // namespace

void remove_tree(int dir, const std::string& name) {
  Removal(dir).run(name);
}

}  // namespace fn::sys
