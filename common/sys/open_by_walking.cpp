// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "sys/root.hpp"

#include <array>
#include <climits>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace fn::sys {
namespace {

// Where a resolution has come to and what of the path is still ahead.
class Resolution {
 public:
  Resolution(int root, const std::string& path) : root_(root) { add(path); }

  int directory() const { return below_.empty() ? root_ : below_.back().get(); }
  bool at_end() const { return ahead_.empty(); }

  std::string next() {
    std::string name = std::move(ahead_.back());
    ahead_.pop_back();
    return name;
  }

  void enter(Fd directory) { below_.push_back(std::move(directory)); }
  void leave() {
    if (!below_.empty()) below_.pop_back();
  }

  // If `name` is a link, puts its target in front of what is ahead; false if it is none. The kernel's limit holds: 40
  // links.
  bool follow(const std::string& name) {
    std::array<char, PATH_MAX> target;
    const ssize_t length = readlinkat(directory(), name.c_str(), target.data(), target.size());
    if (length < 0) return false;
    ++links_;
    if (target[0] == '/') below_.clear();
    add(std::string_view(target.data(), std::size_t(length)));
    return true;
  }
  bool too_many_links() const { return links_ > 40; }

 private:
  void add(std::string_view path) {
    std::vector<std::string> parts = split(path, '/');
    while (!parts.empty()) {
      ahead_.push_back(std::move(parts.back()));
      parts.pop_back();
    }
  }

  int root_;
  std::vector<Fd> below_;           // every directory on the way down from the root
  std::vector<std::string> ahead_;  // the next one last
  int links_ = 0;
};

int fail_with(int errno_value) {
  errno = errno_value;
  return -1;
}

}  // namespace

int open_by_walking(int root, const std::string& path, int flags, unsigned mode) noexcept {
  if (path.size() >= PATH_MAX) return fail_with(ENAMETOOLONG);
  const bool follow_last = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
  Resolution way(root, path);
  while (!way.at_end()) {
    const std::string name = way.next();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      way.leave();
      continue;
    }
    const bool is_last = way.at_end();
    if ((!is_last || follow_last) && way.follow(name)) {
      if (way.too_many_links()) return fail_with(ELOOP);
      continue;
    }
    // Should the name become a link in this moment, O_NOFOLLOW makes it an error.
    if (is_last) return openat(way.directory(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    Fd child(openat(way.directory(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child) return -1;
    way.enter(std::move(child));
  }
  return openat(way.directory(), ".", flags | O_CLOEXEC, mode);
}

}  // namespace fn::sys
