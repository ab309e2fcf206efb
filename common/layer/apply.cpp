// SPDX-License-Identifier: Apache-2.0
// A layer is unpacked by one thread, the caller's, that takes the tar's entries in their order and does all that has to
// do with names: it makes files, links and devices, replaces what is in their way, and hides what whiteouts hide. The
// contents of files, and then their attributes, go to FileWriters through a descriptor that is open already, so that
// what happens to the name afterwards can't lead a writer astray. apply() waits for them before it returns: the next
// layer finds this one complete.
//
// A layer's whiteouts come first, wherever in the tar they stand: where they lead is found out for all of them, then
// they hide what is there, and only then do the layer's entries follow. In the plain form all layers share one tree and
// what is hidden is removed; in the overlay form each has its own and a mark is left instead. A hidden file that a hard
// link of the layer names, as when it was moved, has a second name in the root until the layer's end.
//
// Directories stay private (0700) until finish() gives them their owners, modes and times, the innermost first. No call
// takes a path: every name is reached from the descriptor of its directory, one component at a time, and the kernel
// follows no link.
#include "layer/apply.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/directories.hpp"
#include "layer/file_writers.hpp"
#include "layer/owner_record.hpp"

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <unordered_set>
#include <utility>
#include <vector>

namespace fn::layer {
namespace {

using Handle = Directories::Handle;
using Missing = Directories::Missing;

// Where an entry ends up.
struct Place {
  Handle parent;
  std::string name;

  int dir() const { return parent->fd.get(); }
  std::string path() const { return parent->below(name); }
};

[[noreturn]] void fail_to_make(int errno_value, const Entry& entry) {
  sys::fail_errno(errno_value, fmt::format("cannot create '{}'", printable(entry.path)));
}

bool is_inside(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + '/');
}

}  // namespace

struct Applier::Impl {
  Impl(sys::Root target, const ApplyOptions& options, std::vector<sys::Root> lower)
      : as_root(options.as_root),
        form(options.form),
        root(std::move(target)),
        attributes(options.as_root),
        is_lowest(lower.empty()),
        directories(root, attributes, LowerLayers(std::move(lower))),
        writers(attributes, options.threads) {
    if (form == Form::overlay && is_lowest) directories.imply({});
    // Whoever reads the tree then knows that its files belong to others than it seems.
    if (form == Form::plain && !as_root)
      Attributes::record_owner(root.open("", O_RDONLY | O_DIRECTORY).get(), Status{}, true);
  }

  void apply(TarReader& layer, const Whiteouts& whiteouts, const Takes& takes) {
    if (!is_lowest && !whiteouts.empty()) hide(whiteouts);
    while (std::optional<Entry> entry = layer.next())
      if (!takes || takes(*entry)) add(*entry, layer);
    writers.drain();
    for (const auto& [target, name] : kept) forget_kept(name);
    kept.clear();
    is_lowest = false;
  }

  ApplyResult finish() {
    directories.settle();
    result.unset_owners = attributes.unset_owners();
    result.unset_xattrs = attributes.unset_xattrs();
    return result;
  }

  void add(Entry& entry, TarReader& content) {
    if (is_whiteout(entry.path)) return check_whiteout(entry.path);  // it was applied before all entries
    ++result.entries;
    check_limits(entry);
    // It is about the disk that the layer was made on, and this one gets its own.
    if (entry.xattrs.take(std::string(owner_attribute))) attributes.leave_out();
    if (entry.path.empty()) {
      if (entry.type != Type::directory) fail(Kind::integrity, "the root of the image is not a directory");
      return directories.put_root(entry);
    }
    const Place place{directories.find(parent_path(entry.path), Missing::make), std::string(base_name(entry.path))};
    static_cast<void>(place.path());  // throws for what is too long
    switch (entry.type) {
      case Type::file:
        return add_file(place, entry, content);
      case Type::directory:
        return directories.put(*place.parent, place.name, entry);
      case Type::symlink:
        replace(place, entry, [&] { return symlinkat(entry.link.c_str(), place.dir(), place.name.c_str()); });
        return attributes.set_at(place.dir(), place.name, Status::of(entry), entry.xattrs, entry.path);
      case Type::hardlink:
        return add_hard_link(place, entry);
      case Type::char_device:
      case Type::block_device:
      case Type::fifo:
        return add_node(place, entry);
    }
  }

  // Calls `make` for a name that must be new; what is there gives way. -1 and errno if that fails.
  template <typename Make>
  int try_replace(const Place& place, Make&& make) {
    const int made = make();
    if (made >= 0 || errno != EEXIST) return made;
    directories.remove(*place.parent, place.name);
    return make();
  }

  template <typename Make>
  int replace(const Place& place, const Entry& entry, Make&& make) {
    const int made = try_replace(place, std::forward<Make>(make));
    if (made < 0) fail_to_make(errno, entry);
    return made;
  }

  void add_file(const Place& place, Entry& entry, TarReader& content) {
    // An attribute can't be set on a file that its owner may not write to.
    const mode_t mode = entry.xattrs.empty() && as_root ? entry.mode & 0777 : 0600;
    sys::Fd file(replace(place, entry, [&] {
      return openat(place.dir(), place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    }));
    result.bytes += entry.size;
    writers.add(std::move(file), std::move(entry), content);
  }

  void add_hard_link(const Place& place, const Entry& entry) {
    if (is_whiteout(entry.link)) fail_link(entry, "missing");
    Handle parent = directories.find(parent_path(entry.link), Missing::keep);
    std::string target(base_name(entry.link));
    const bool is_itself = parent && parent->path == place.parent->path && target == place.name;
    auto first = parent ? directories.look_up(*parent, target) : std::nullopt;
    if (!first) {
      if (parent && skipped.contains(parent->below(target))) return skip(place);
      const auto hidden = kept.find(entry.link);
      if (hidden == kept.end()) fail_link(entry, "missing");
      if (is_itself) return;  // it is still hidden
      if (hidden->second.empty()) return skip(place);
      parent = directories.find({}, Missing::keep);
      target = hidden->second;
      first = directories.look_up(*parent, target);
    }
    if (S_ISDIR(first->status.st_mode)) fail_link(entry, "a directory");
    // To itself: the entry brings nothing, and what a lower layer brought is still that.
    if (is_itself) return;
    // It takes the place of a directory that its first name is in.
    if (is_inside(parent->path, place.path())) fail_link(entry, "missing");
    struct stat here {};
    if (fstatat(place.dir(), place.name.c_str(), &here, AT_SYMLINK_NOFOLLOW) == 0 &&
        here.st_dev == first->status.st_dev && here.st_ino == first->status.st_ino)
      return;
    replace(place, entry,
            [&] { return linkat(first->holder.get(), target.c_str(), place.dir(), place.name.c_str(), 0); });
  }

  void add_node(const Place& place, const Entry& entry) {
    const bool is_device = entry.type != Type::fifo;
    const dev_t device = is_device ? makedev(entry.device_major, entry.device_minor) : 0;
    if (is_device && !as_root) return skip(place);
    if (form == Form::overlay && entry.type == Type::char_device && device == 0) return skip(place);
    const mode_t type = entry.type == Type::char_device ? S_IFCHR : is_device ? S_IFBLK : S_IFIFO;
    const auto make = [&] { return mknodat(place.dir(), place.name.c_str(), type | (entry.mode & 0777), device); };
    if (try_replace(place, make) < 0) {
      if (is_device && errno == EPERM) return skip(place);  // root of a container
      fail_to_make(errno, entry);
    }
    attributes.set_at(place.dir(), place.name, Status::of(entry), entry.xattrs, entry.path);
  }

  void skip(const Place& place) {
    ++result.skipped_devices;
    directories.hide(*place.parent, place.name);
    skipped.insert(place.path());
  }

  void hide(const Whiteouts& whiteouts) {
    directories.forget_last();
    std::set<std::string> hidden;
    std::set<std::string> opaque;
    for (const std::string& path : whiteouts.hidden())
      if (const Handle parent = directories.find(parent_path(path), Missing::keep, &whiteouts.directories()))
        hidden.insert(parent->below(base_name(path)));
    for (const std::string& path : whiteouts.opaque())
      if (const Handle directory = directories.find(path, Missing::keep, &whiteouts.directories()))
        opaque.insert(directory->path);
    keep(whiteouts);
    for (const std::string& path : opaque) hide_below(path);
    // Of two that lie in each other the outer one comes first.
    for (const std::string& path : hidden)
      if (const Handle parent = directories.find(parent_path(path), Missing::keep))
        directories.hide(*parent, std::string(base_name(path)));
    forget_unhidden(whiteouts);
  }

  void keep(const Whiteouts& whiteouts) {
    const Handle top = directories.find({}, Missing::keep);
    for (const std::string& target : whiteouts.link_targets()) {
      const Handle parent = directories.find(parent_path(target), Missing::keep, &whiteouts.directories());
      if (!parent) continue;
      const std::string name(base_name(target));
      const auto found = directories.look_up(*parent, name);
      if (!found && skipped.contains(parent->below(name))) kept.emplace(target, std::string());
      if (!found || S_ISDIR(found->status.st_mode)) continue;
      const std::string second = name_to_keep(kept.size());
      sys::check(linkat(found->holder.get(), name.c_str(), top->fd.get(), second.c_str(), 0), "cannot link '{}'",
                 printable(target));
      kept.emplace(target, second);
    }
  }

  // What the whiteouts left is found without a second name.
  void forget_unhidden(const Whiteouts& whiteouts) {
    std::erase_if(kept, [&](const auto& each) {
      const Handle parent = directories.find(parent_path(each.first), Missing::keep, &whiteouts.directories());
      const bool is_there = parent && directories.look_up(*parent, std::string(base_name(each.first)));
      if (is_there) forget_kept(each.second);
      return is_there;
    });
  }

  void forget_kept(const std::string& name) {
    if (!name.empty()) directories.remove(*directories.find({}, Missing::keep), name);
  }

  void hide_below(const std::string& path) {
    if (!directories.find(path, Missing::keep)) return;
    directories.close_off(path);
    const Handle directory = directories.find(path, Missing::keep);
    for (const std::string& name : directories.names(*directory))
      if (!is_whiteout(name)) directories.hide(*directory, name);
  }

  bool as_root;
  Form form;
  sys::Root root;
  Attributes attributes;
  bool is_lowest;
  Directories directories;
  FileWriters writers;
  ApplyResult result;
  std::unordered_set<std::string> skipped;  // devices, which a hard link may name
  // What a hard link names -> the second name of that hidden file; none for a device that was skipped.
  std::map<std::string, std::string> kept;
};

Applier::Applier(sys::Root root, ApplyOptions options, std::vector<sys::Root> lower)
    : impl_(std::make_unique<Impl>(std::move(root), options, std::move(lower))) {}
Applier::~Applier() = default;

void Applier::apply(TarReader& layer, const Whiteouts& whiteouts, const Takes& takes) {
  impl_->apply(layer, whiteouts, takes);
}
ApplyResult Applier::finish() {
  return impl_->finish();
}

}  // namespace fn::layer
