// SPDX-License-Identifier: Apache-2.0
// An archive is read once, from its beginning to its end, since it may come through a pipe. Each file's content is
// copied into one temporary file, hashed on the way, and the item notes where it begins. The layer's writer reads it
// there later, by offset and from any thread; the temporary file goes with the last item that refers to it.
//
// What list_tar() makes of the members is what an extraction would leave, so it changes while the archive is read. Of
// two entries with one path the later one stays, at its later position, but a directory keeps the position that it had,
// in front of its children. If a file goes that other names link to, the first of these becomes the file. What could
// not be extracted is an error: a name below a file, a directory that becomes something else, a link to what did not
// come before it.
#include "layer/spool.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/overlay_mark.hpp"
#include "layer/owner_record.hpp"
#include "layer/whiteout.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <unordered_map>

namespace fn::layer {
namespace {

class Spool final : public Origin {
 public:
  Spool(int dir, std::string name) : file_(dir, "spool for " + name), name_(std::move(name)) {}

  Bytes size() const { return file_.size(); }
  void write(std::span<const std::byte> bytes) { file_.write(bytes); }

  std::unique_ptr<Reader> open(const Item& item) const override {
    return std::make_unique<PartReader>(file_.fd(), item.spool_offset, name_);
  }

 private:
  class PartReader final : public Reader {
   public:
    PartReader(int fd, Bytes start, const std::string& name) : fd_(fd), start_(start), name_(name) {}
    void read(Bytes offset, std::span<std::byte> buffer) override {
      if (sys::pread_full(fd_, buffer, start_ + offset, name_) != buffer.size())
        fail(Kind::failure, "the temporary file for '{}' was truncated", printable(name_));
    }
    void finish() override {}

   private:
    int fd_;
    Bytes start_;
    const std::string& name_;
  };

  sys::TempFile file_;
  std::string name_;
};

// The members that an extraction would leave, in the order in which they last came.
class Listing {
 public:
  explicit Listing(const std::string& archive) : archive_(archive) {}

  void add(Item item) {
    const std::string path = item.entry.path;
    check_parents(path);
    if (item.entry.type == Type::hardlink) {
      const std::size_t first = first_name(item.entry);
      item.entry.link = items_[first].entry.path;
      if (item.entry.link == path) return;  // onto itself
    }
    const bool is_directory = item.entry.type == Type::directory;
    if (const auto old = places_.find(path); old != places_.end()) {
      Item& before = items_[old->second];
      if (is_directory && before.entry.type == Type::directory) {  // its children stay behind it
        before = std::move(item);
        return;
      }
      if (before.entry.type == Type::directory)
        fail(Kind::integrity, "'{}': '{}' is first a directory, then something else", printable(archive_),
             printable(path));
      remove(old);
    }
    if (item.entry.type == Type::hardlink) links_[item.entry.link].push_back(items_.size());
    places_.emplace(path, items_.size());
    items_.push_back(std::move(item));
    removed_.push_back(false);
  }

  std::vector<Item> finish() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (removed_[i]) continue;
      if (kept != i) items_[kept] = std::move(items_[i]);
      ++kept;
    }
    items_.resize(kept);
    return std::move(items_);
  }

 private:
  using Places = std::unordered_map<std::string, std::size_t>;

  // A name below a file can't be extracted. Links may lead to a directory.
  void check_parents(const std::string& path) {
    const std::string_view directory = parent_path(path);
    if (directory == last_directory_) return;
    for (std::string_view above = directory; !above.empty(); above = parent_path(above)) {
      const auto found = places_.find(std::string(above));
      if (found == places_.end()) continue;
      const Type type = items_[found->second].entry.type;
      if (type != Type::directory && type != Type::symlink)
        fail(Kind::integrity, "'{}': '{}' is below '{}', which is not a directory", printable(archive_),
             printable(path), printable(above));
    }
    last_directory_ = directory;
  }

  std::size_t first_name(const Entry& link) const {
    auto found = places_.find(link.link);
    if (found != places_.end() && items_[found->second].entry.type == Type::hardlink)
      found = places_.find(items_[found->second].entry.link);
    if (found == places_.end() || items_[found->second].entry.type == Type::directory)
      fail(Kind::integrity, "'{}': hard link '{}' names '{}', which is {}", printable(archive_), printable(link.path),
           printable(link.link), found == places_.end() ? "not in the archive before it" : "a directory");
    return found->second;
  }

  // The other names of a file that is replaced keep it: the first of them takes its place.
  void remove(Places::iterator old) {
    const std::size_t index = old->second;
    Item item = std::move(items_[index]);
    removed_[index] = true;
    places_.erase(old);
    last_directory_.clear();
    if (item.entry.type == Type::hardlink) return;
    auto links = links_.extract(item.entry.path);
    if (links.empty()) return;
    auto& names = links.mapped();
    std::erase_if(names, [&](std::size_t i) { return removed_[i]; });
    if (names.empty()) return;
    const std::size_t heir = names.front();
    names.erase(names.begin());
    item.entry.path = std::move(items_[heir].entry.path);
    items_[heir] = std::move(item);
    const std::string& path = items_[heir].entry.path;
    for (const std::size_t i : names) items_[i].entry.link = path;
    links_.emplace(path, std::move(names));
  }

  const std::string& archive_;
  std::vector<Item> items_;
  std::vector<bool> removed_;
  Places places_;
  std::unordered_map<std::string, std::vector<std::size_t>> links_;  // first name -> the items that link to it
  std::string last_directory_;
};

void take_record(Entry& entry, TarOf what) {
  const auto record = entry.xattrs.take(std::string(owner_attribute));
  if (!record || what == TarOf::layer) return;
  if (const auto owner = OwnerRecord::parse(*record)) owner->apply_to(entry);
}

void add_with_mark(Listing& listing, Item item) {
  const OverlayMark mark = take_overlay_mark(item.entry);
  const std::string path = item.entry.path;
  if (mark != OverlayMark::whiteout) listing.add(std::move(item));
  if (mark != OverlayMark::whiteout && mark != OverlayMark::opaque) return;
  Item hiding;
  hiding.entry = mark == OverlayMark::whiteout ? whiteout_of(path) : opaque_marker_of(path);
  listing.add(std::move(hiding));
}

template <typename Take>
void spool_items(ByteSource& tar, int dir, const std::string& name, TarOf what, Take&& take) {
  const auto spool = std::make_shared<Spool>(dir, name);
  TarReader reader(tar);
  std::vector<std::byte> buffer(256 * KiB);
  while (auto entry = reader.next()) {
    sys::check_interrupt();
    Item item;
    item.spool_offset = spool->size();
    if (entry->size > 0) {
      ContentHasher hasher;
      while (const std::size_t got = reader.read(buffer)) {
        spool->write(std::span(buffer).first(got));
        hasher.update(std::span(buffer).first(got));
      }
      item.content = hasher.finish();
      item.origin = spool;
    }
    item.entry = std::move(*entry);
    take_record(item.entry, what);
    if (what == TarOf::layer) item.entry.xattrs.remove_if(is_overlay_attribute);
    take(std::move(item));
  }
}

}  // namespace

std::vector<Item> read_items(ByteSource& tar, int dir, const std::string& name) {
  std::vector<Item> items;
  spool_items(tar, dir, name, TarOf::layer, [&](Item item) { items.push_back(std::move(item)); });
  return items;
}

std::vector<Item> list_tar(ByteSource& tar, int dir, const std::string& name, TarOf what) {
  Listing listing(name);
  spool_items(tar, dir, name, what, [&](Item item) {
    if (what == TarOf::layer) return listing.add(std::move(item));
    add_with_mark(listing, std::move(item));
  });
  return listing.finish();
}

}  // namespace fn::layer
