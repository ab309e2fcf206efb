// SPDX-License-Identifier: Apache-2.0
// One thread lists the tree, without recursion and from a descriptor of its root, and asks lstat about each name. If
// the stat cache has a file with this identity, it supplies the content's digest and the attributes, and the file is
// never opened. Otherwise the attributes are read now and the content later, through TreeOrigin, by any of the threads
// that write the layer.
//
// The list and the contents must be of one state of the tree. So all directories are looked at once more when the last
// one is listed, and each file when its content was read: one whose identity has changed is an error, and never a layer
// of two states. What the cache may learn of is decided twice, by the ctime when the file is listed and by its other
// users when it is opened.
//
// Owners recorded by an ordinary user's unpack are taken for the real ones (layer/owner_record.hpp). Below a directory
// that has such a record, what has none and belongs to the user who owns the tree is root's.
//
// In the end the items are sorted, and of several names of one inode the first becomes the file and the others its hard
// links.
#include "layer/walk.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/overlay_mark.hpp"
#include "layer/owner_record.hpp"
#include "layer/tree_origin.hpp"
#include "layer/whiteout.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace fn::layer {
namespace {

// The kernel stamps files with this clock, which moves every few milliseconds.
std::int64_t tick() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

// A change after this moment gets a later ctime than the file has now. Some file systems keep whole seconds, or two.
bool is_past(std::int64_t ctime_ns, std::int64_t now) {
  constexpr std::int64_t second = 1'000'000'000;
  return ctime_ns < (ctime_ns % second == 0 ? now - 2 * second : now);
}

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

class Walk {
 public:
  Walk(const std::string& path, const std::function<void(const std::string&)>& note, std::shared_ptr<StatCache> cache,
       const std::string& state, UnpackedBy by)
      : tree_(std::make_shared<TreeOrigin>(path, std::move(cache))), note_(note), by_(by) {
    struct stat status {};
    if (!state.empty() && stat(state.c_str(), &status) == 0) state_ = {status.st_dev, status.st_ino};
  }

  std::vector<Item> run() {
    struct stat status {};
    sys::check(fstat(tree_->root().fd(), &status), "cannot read directory '{}'", printable(tree_->full_name("")));
    if (is_state(status))
      fail_hint(Kind::usage, "give the directory of what you want in the image, or another --home",
                "'{}' is the state itself", full(""));
    directories_.emplace_back("", identity_of(status));
    user_ = status.st_uid;
    Item root;
    root.entry.xattrs = read_xattrs(tree_->root().fd(), ".", "");
    take_owner(root, by_ == UnpackedBy::user);
    std::vector<Pending> pending{{"", root.unpacked_by_user}};
    while (!pending.empty()) {
      const Pending directory = std::move(pending.back());
      pending.pop_back();
      list(directory, pending);
    }
    check_directories();
    note_records();
    std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.entry.path < b.entry.path; });
    link_names();
    return std::move(items_);
  }

  // The file of that name in the root.
  Item run_for(const std::string& name) {
    add(tree_->root().fd(), name, name, false);
    return std::move(items_.at(0));
  }

 private:
  // A directory to list.
  struct Pending {
    std::string path;
    bool unpacked_by_user;
  };

  void list(const Pending& listed, std::vector<Pending>& pending) {
    const std::string& directory = listed.path;
    sys::Fd fd = tree_->root().open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const std::string name = tree_->full_name(directory);
    const std::unique_ptr<DIR, CloseDir> dir(fdopendir(fd.get()));
    if (!dir) sys::fail_errno(errno, fmt::format("cannot read directory '{}'", printable(name)));
    const int dir_fd = fd.release();
    while (true) {
      sys::check_interrupt();
      errno = 0;
      const dirent* found = readdir(dir.get());
      if (!found) break;
      const std::string_view child(found->d_name);
      if (child == "." || child == "..") continue;
      std::string path = directory.empty() ? std::string(child) : directory + '/' + std::string(child);
      if (add(dir_fd, child, path, listed.unpacked_by_user))
        pending.push_back({std::move(path), items_.back().unpacked_by_user});
    }
    if (errno != 0) sys::fail_errno(errno, fmt::format("cannot read directory '{}'", printable(name)));
  }

  // A name that moved from a directory that was still to be read into one that had been is in neither; and a directory
  // that changed between its own status and its list would have the time from before and the names from after.
  void check_directories() const {
    for (const auto& [directory, identity] : directories_) {
      struct stat status {};
      const char* name = directory.empty() ? "." : directory.c_str();
      if (fstatat(tree_->root().fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || identity_of(status) != identity)
        fail_changed(tree_->full_name(directory));
    }
  }

  // Adds one name; true if it is a directory.
  bool add(int dir, std::string_view name, const std::string& path, bool unpacked_by_user) {
    struct stat status {};
    if (fstatat(dir, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_errno("cannot read", path);
    if (is_state(status)) {
      note_(fmt::format("'{}' is the state of this build: left out", full(path)));
      return false;
    }
    if (is_whiteout(name))
      fail_hint(Kind::usage, "exclude it; to delete a file of a lower layer, name it in the layer's 'remove' list",
                "'{}': names that start with '.wh.' mark deletions in a layer and cannot be files", full(path));
    if (S_ISSOCK(status.st_mode)) {
      note_(fmt::format("'{}' is a socket: skipped", full(path)));
      return false;
    }
    Item item;
    item.identity = identity_of(status);
    item.entry = entry_of(status, path);
    if (item.entry.type == Type::symlink) item.entry.link = read_link(dir, name, path);
    auto known = item.entry.size > 0 ? tree_->find(item.identity) : std::nullopt;
    if (known) {
      item.entry.xattrs = std::move(known->xattrs);
      item.content = std::move(known->content);
    } else if (item.entry.type == Type::file || item.entry.type == Type::directory) {
      item.settled = is_past(item.identity.ctime_ns, tick());
      item.entry.xattrs = read_xattrs(dir, name, path);
    }
    take_owner(item, unpacked_by_user);
    const OverlayMark mark = take_overlay_mark(item.entry);
    item.has_overlay_mark = mark != OverlayMark::none;
    if (mark == OverlayMark::whiteout) return add_hiding(whiteout_of(path));
    if (mark == OverlayMark::opaque) add_hiding(opaque_marker_of(path));
    if (item.entry.size > 0) item.origin = tree_;
    if (item.entry.type == Type::directory) directories_.emplace_back(path, item.identity);
    if (item.entry.type != Type::directory && status.st_nlink > 1) linked_ = true;
    items_.push_back(std::move(item));
    return S_ISDIR(status.st_mode);
  }

  // What overlayfs hides of lower directories a layer hides of the layers below.
  bool add_hiding(Entry entry) {
    Item& item = items_.emplace_back();
    item.entry = std::move(entry);
    item.has_overlay_mark = true;
    return false;
  }

  void take_owner(Item& item, bool unpacked_by_user) {
    Entry& entry = item.entry;
    if (auto record = entry.xattrs.take(std::string(owner_attribute))) {
      item.owner_record = std::make_shared<const std::string>(std::move(*record));
      if (const auto owner = OwnerRecord::parse(*item.owner_record)) {
        owner->apply_to(entry);
        item.unpacked_by_user = true;
        return;
      }
      if (bad_records_++ == 0 || entry.path < bad_record_) bad_record_ = entry.path;
    }
    item.unpacked_by_user = unpacked_by_user;
    item.owner_is_implied = unpacked_by_user && entry.uid == user_;
    if (item.owner_is_implied) entry.uid = entry.gid = 0;
  }

  void note_records() const {
    if (bad_records_ == 0) return;
    note_(fmt::format("'{}'{}: invalid owner in '{}', which is ignored", full(bad_record_),
                      bad_records_ == 1 ? "" : fmt::format(" and {} more", bad_records_ - 1), owner_attribute));
  }

  bool is_state(const struct stat& status) const {
    return state_ && *state_ == std::pair<std::uint64_t, std::uint64_t>{status.st_dev, status.st_ino};
  }

  static Entry entry_of(const struct stat& status, const std::string& path) {
    Entry entry;
    entry.path = path;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    entry.mtime_ns = std::uint32_t(status.st_mtim.tv_nsec);
    switch (status.st_mode & S_IFMT) {
      case S_IFDIR:
        entry.type = Type::directory;
        break;
      case S_IFLNK:
        entry.type = Type::symlink;
        entry.mode = 0777;
        break;
      case S_IFIFO:
        entry.type = Type::fifo;
        break;
      case S_IFCHR:
      case S_IFBLK:
        entry.type = S_ISCHR(status.st_mode) ? Type::char_device : Type::block_device;
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
        break;
      default:
        entry.type = Type::file;
        entry.size = Bytes(status.st_size);
    }
    return entry;
  }

  std::string full(const std::string& path) const { return printable(tree_->full_name(path)); }

  [[noreturn]] void fail_errno(std::string_view what, const std::string& path) const {
    const int saved = errno;
    sys::fail_errno(saved, fmt::format("{} '{}'", what, full(path)));
  }

  std::string read_link(int dir, std::string_view name, const std::string& path) {
    const ssize_t length = readlinkat(dir, name.data(), scratch_.data(), scratch_.size());
    if (length < 0) fail_errno("cannot read link", path);
    return scratch_.substr(0, std::size_t(length));
  }

  Xattrs read_xattrs(int dir, std::string_view name, const std::string& path) {
    // The calls of this kernel take no directory descriptor, and a path under /proc/self/fd follows no link in its last
    // part.
    const std::string proc = fmt::format("/proc/self/fd/{}/{}", dir, name);
    Xattrs xattrs;
    const ssize_t length = llistxattr(proc.c_str(), scratch_.data(), scratch_.size());
    if (length < 0 && errno != ENOTSUP) fail_errno("cannot read the attributes of", path);
    if (length <= 0) return xattrs;
    for (const std::string& attribute : split(std::string_view(scratch_).substr(0, std::size_t(length)), '\0')) {
      if (!is_listed(attribute) && attribute != owner_attribute && !is_overlay_attribute(attribute)) continue;
      const ssize_t size = lgetxattr(proc.c_str(), attribute.c_str(), scratch_.data(), scratch_.size());
      if (size < 0) fail_errno("cannot read the attributes of", path);
      xattrs.emplace(attribute, scratch_.substr(0, std::size_t(size)));
    }
    return xattrs;
  }

  // Of the names of one inode, the first in order is the file and the others link to it.
  void link_names() {
    if (!linked_) return;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> first;
    for (Item& item : items_) {
      if (item.entry.type == Type::directory || is_whiteout(item.entry.path)) continue;
      const auto [found, is_new] = first.emplace(std::pair{item.identity.device, item.identity.inode}, item.entry.path);
      if (is_new) continue;
      item.entry.type = Type::hardlink;
      item.entry.link = found->second;
      item.entry.size = 0;
      item.entry.xattrs.clear();
      item.origin.reset();
      item.content.reset();
    }
  }

  std::shared_ptr<TreeOrigin> tree_;
  const std::function<void(const std::string&)>& note_;
  UnpackedBy by_;
  std::vector<Item> items_;
  std::vector<std::pair<std::string, FileIdentity>> directories_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> state_;  // device and inode of what is left out
  std::uint64_t user_ = 0;                                        // who owns the tree's root on this machine
  std::uint64_t bad_records_ = 0;  // files whose record of an owner is none, and the first of them
  std::string bad_record_;
  bool linked_ = false;                             // some file has more than one name
  std::string scratch_ = std::string(65536, '\0');  // XATTR_LIST_MAX and XATTR_SIZE_MAX; links are shorter
};

}  // namespace

bool is_listed(std::string_view attribute) {
  return attribute == "security.capability" ||
         (attribute.starts_with("user.") && !is_overlay_attribute(attribute) && attribute != owner_attribute);
}

std::vector<Item> list_directory(const std::string& path, const std::function<void(const std::string&)>& note,
                                 std::shared_ptr<StatCache> cache, const std::string& state, UnpackedBy by) {
  return Walk(path, note, std::move(cache), state, by).run();
}

std::vector<Item> list_file(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> canonical(realpath(path.c_str(), nullptr), &std::free);
  if (!canonical) sys::fail_errno(errno, fmt::format("cannot read '{}'", printable(path)));
  const std::string file(canonical.get());
  const std::string directory(parent_path(file));
  std::vector<Item> items;
  items.push_back(
      Walk(
          directory.empty() ? "/" : directory, [](const std::string&) {}, nullptr, {}, UnpackedBy::whom_records_say)
          .run_for(std::string(base_name(file))));
  items[0].move_to(std::string(base_name(path)));
  return items;
}

}  // namespace fn::layer
