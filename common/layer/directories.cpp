// SPDX-License-Identifier: Apache-2.0
// Three things are remembered: up to 64 open directories by their real path, the answer to the last find(), since the
// entries of a directory come in a row, and what each directory's attributes are to be.
//
// find() begins at the longest part of the path that is open and goes on by components. The target of a link takes the
// link's place in what is left, 40 times at most. What is missing is noted and made only when the whole path is
// resolved, since ".." may take it back.
//
// Whatever may change what a path means (a directory or a link that goes, a directory that becomes opaque) forgets all
// open directories: through the descriptor of a removed one entries would vanish without an error. settle() comes last
// and takes the innermost first, because a directory's time changes when something is made in it, and its mode may shut
// us out.
#include "layer/directories.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fn::layer {
namespace {

constexpr unsigned max_links = 40;  // the kernel's limit for one path
constexpr std::size_t max_open = 64;
constexpr unsigned private_mode = 0700;

std::string take_component(std::string& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  std::string part = path.substr(0, slash);
  path.erase(0, slash + 1);
  return part;
}

// Nothing and EINVAL if it is not a link.
std::optional<std::string> link_target(int dir, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = readlinkat(dir, name.c_str(), target.data(), target.size());
  if (length < 0) return std::nullopt;
  return std::string(target.data(), std::size_t(length));
}

}  // namespace

std::string Directories::Directory::below(std::string_view name) const {
  std::string full = path;
  if (!full.empty()) full += '/';
  full += name;
  check_path(full);
  return full;
}

Directories::Directories(const sys::Root& root, Attributes& attributes, LowerLayers lower)
    : root_(root),
      attributes_(attributes),
      lower_(std::move(lower)),
      top_(std::make_shared<const Directory>(
          Directory{.path = {}, .fd = root.open("", O_PATH | O_DIRECTORY), .lower = lower_.all()})) {
  if (!top_->lower.empty()) describe_as_lower({}, top_->lower);
}

Directories::Handle Directories::find(std::string_view path, Missing missing, const Whiteouts::Paths* unfollowed) {
  if (path.empty()) return top_;
  if (last_ && path == last_path_) return last_;
  std::string rest;
  Handle at = nearest_known(path, rest);
  std::vector<std::string> absent;  // what is not there below `at`
  unsigned links = 0;
  while (!rest.empty()) {
    const std::string part = take_component(rest);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (absent.empty())
        at = find(std::string(parent_path(at->path)), Missing::keep);
      else
        absent.pop_back();
      continue;
    }
    if (unfollowed && is_whiteout(part)) return nullptr;
    if (is_whiteout(part)) fail(Kind::integrity, "'{}': a whiteout cannot be a directory", printable(path));
    if (absent.empty()) {
      if (Handle child = open_child(*at, part)) {
        at = std::move(child);
        continue;
      }
      if (std::optional<std::string> target = read_link(*at, part)) {
        if (unfollowed && unfollowed->contains(at->below(part))) return nullptr;
        if (++links > max_links && unfollowed) return nullptr;
        if (links > max_links) fail(Kind::integrity, "'{}': too many symbolic links", printable(path));
        if (target->starts_with('/')) at = top_;
        if (!rest.empty()) target->append("/").append(rest);
        rest = std::move(*target);
        continue;
      }
      if (errno == EINVAL && missing == Missing::make)
        fail(Kind::integrity, "'{}' is not a directory, but the layer has entries below it",
             printable(at->below(part)));
    }
    absent.push_back(part);
  }
  if (!absent.empty() && missing == Missing::keep) return nullptr;
  for (const std::string& name : absent) at = make_child(*at, name);
  // A link of a lower layer can be covered without our removing anything.
  if (lower_.all().empty() || path == at->path) {
    last_path_ = path;
    last_ = at;
  }
  return at;
}

// The longest part of the path that is open already. A path with a link in it is the path of no open directory.
Directories::Handle Directories::nearest_known(std::string_view path, std::string& rest) const {
  for (std::string_view known = path; !known.empty(); known = parent_path(known)) {
    const auto found = open_.find(known);
    if (found == open_.end()) continue;
    rest = path.substr(std::min(known.size() + 1, path.size()));
    return found->second;
  }
  rest = path;
  return top_;
}

// Null if there is nothing or something else.
Directories::Handle Directories::open_child(const Directory& parent, const std::string& name) {
  std::string path = parent.below(name);
  if (const auto found = open_.find(path); found != open_.end()) return found->second;
  sys::Fd child(openat(parent.fd.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!child) {
    const int saved = errno;
    if (saved == ENOENT) return take_from_lower(parent, name);
    if (saved == ENOTDIR || saved == ELOOP) return nullptr;
    sys::fail_errno(saved, fmt::format("cannot open '{}'", printable(path)));
  }
  LowerLayers::Shown lower;
  if (!parent.lower.empty() && !is_opaque(parent.fd.get(), name, path))
    lower = lower_.find(parent.lower, parent.path, name).directory;
  return remember(std::move(path), std::move(child), std::move(lower));
}

Directories::Handle Directories::take_from_lower(const Directory& parent, const std::string& name) {
  if (parent.lower.empty()) return nullptr;
  LowerLayers::Found found = lower_.find(parent.lower, parent.path, name);
  if (found.directory.empty()) return nullptr;
  std::string path = parent.below(name);
  make(parent, name);
  describe_as_lower(path, found.directory);
  sys::Fd child(openat(parent.fd.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  sys::check(child.get(), "cannot open '{}'", printable(path));
  return remember(std::move(path), std::move(child), std::move(found.directory));
}

Directories::Handle Directories::remember(std::string path, sys::Fd fd, LowerLayers::Shown lower) {
  if (open_.size() >= max_open) open_.clear();
  auto directory =
      std::make_shared<const Directory>(Directory{.path = path, .fd = std::move(fd), .lower = std::move(lower)});
  open_.emplace(std::move(path), directory);
  return directory;
}

Directories::Handle Directories::make_child(const Directory& parent, const std::string& name) {
  make(parent, name);
  imply(parent.below(name));
  return open_child(parent, name);
}

// The directory itself, unless it is there; what else is there gives way.
void Directories::make(const Directory& parent, const std::string& name) {
  const std::string path = parent.below(name);
  if (mkdirat(parent.fd.get(), name.c_str(), private_mode) == 0) return;
  if (errno != EEXIST) sys::check(-1, "cannot create directory '{}'", printable(path));
  if (open_child(parent, name)) return;
  remove(parent, name);
  sys::check(mkdirat(parent.fd.get(), name.c_str(), private_mode), "cannot create directory '{}'", printable(path));
  // What was there covered the lower layers; the new directory would let them through.
  if (!parent.lower.empty()) mark_opaque(parent.fd.get(), name, path);
}

void Directories::put(const Directory& parent, const std::string& name, const Entry& entry) {
  const std::string path = parent.below(name);
  if (!open_.contains(path)) make(parent, name);
  describe(path, Status::of(entry), entry.xattrs);
}

std::optional<LowerLayers::Found> Directories::look_up(const Directory& parent, const std::string& name) const {
  LowerLayers::Found found;
  if (fstatat(parent.fd.get(), name.c_str(), &found.status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!parent.lower.empty() && is_whiteout_device(found.status)) return std::nullopt;
    found.holder = parent.fd.duplicate();
    return found;
  }
  if (errno != ENOENT) sys::check(-1, "cannot read '{}'", printable(parent.below(name)));
  if (parent.lower.empty()) return std::nullopt;
  found = lower_.find(parent.lower, parent.path, name);
  if (!found.holder) return std::nullopt;
  return found;
}

// Nothing and EINVAL if it is not a link, ENOENT if it is not there.
std::optional<std::string> Directories::read_link(const Directory& parent, const std::string& name) const {
  if (parent.lower.empty()) return link_target(parent.fd.get(), name);
  const std::optional<LowerLayers::Found> found = look_up(parent, name);
  if (found) return link_target(found->holder.get(), name);
  errno = ENOENT;
  return std::nullopt;
}

std::set<std::string> Directories::names(const Directory& directory) const {
  std::set<std::string> names = sys::names_in(directory.fd.get(), directory.path);
  if (directory.path.empty()) names.merge(lower_.names_in_root());
  return names;
}

void Directories::put_root(const Entry& entry) {
  describe({}, Status::of(entry), entry.xattrs);
}

void Directories::imply(const std::string& path) {
  describe(path, Status{}, {});
}

void Directories::describe_as_lower(const std::string& path, const LowerLayers::Shown& lower) {
  const sys::Fd dir = lower_.open(lower, path);
  struct stat status {};
  sys::check(fstat(dir.get(), &status), "cannot read '{}'", printable(path));
  const Xattrs xattrs = attributes_.read_xattrs(dir.get(), path);
  describe(path, attributes_.status_of(status, xattrs), xattrs);
}

// Attributes without bound are not for keeping in memory; they are set at once.
void Directories::describe(const std::string& path, const Status& status, const Xattrs& xattrs) {
  Described& described = described_[path];
  described.status = status;
  if (described.has_xattrs || !xattrs.empty()) {
    const sys::Fd dir = root_.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    attributes_.replace_xattrs(dir.get(), xattrs, path);
    // An access list among them would have changed the mode.
    sys::check(fchmod(dir.get(), private_mode), "cannot set the mode of '{}'", printable(path));
  }
  described.has_xattrs = !xattrs.empty();
}

void Directories::hide(const Directory& parent, const std::string& name) {
  remove(parent, name);
  if (parent.lower.empty() || !lower_.find(parent.lower, parent.path, name).holder) return;
  make_whiteout(parent.fd.get(), name, parent.below(name));
}

void Directories::close_off(const std::string& path) {
  const Handle directory = find(path, Missing::keep);
  if (path.empty() || directory->lower.empty()) return;
  mark_opaque(directory->fd.get(), ".", path);
  forget_all_open();
}

void Directories::remove(const Directory& parent, const std::string& name) {
  const std::string path = parent.below(name);
  struct stat status {};
  if (fstatat(parent.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return;
    sys::check(-1, "cannot read '{}'", printable(path));
  }
  if (S_ISDIR(status.st_mode)) {
    sys::remove_tree(parent.fd.get(), name);
    // '0' is the byte after '/'.
    described_.erase(described_.lower_bound(path + '/'), described_.lower_bound(path + '0'));
    described_.erase(path);
    forget_all_open();
  } else {
    sys::check(unlinkat(parent.fd.get(), name.c_str(), 0), "cannot remove '{}'", printable(path));
    if (S_ISLNK(status.st_mode)) forget_all_open();
  }
}

void Directories::forget_all_open() {
  open_.clear();
  forget_last();
}

void Directories::forget_last() {
  last_path_.clear();
  last_.reset();
}

void Directories::settle() {
  forget_all_open();
  for (auto each = described_.rbegin(); each != described_.rend(); ++each) {
    sys::check_interrupt();
    const sys::Fd dir = root_.open(each->first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    attributes_.set(dir.get(), each->second.status, {}, each->first);
  }
}

}  // namespace fn::layer
