// SPDX-License-Identifier: Apache-2.0
#include "layer/tree_origin.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/owner_record.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace fn::layer {
namespace {

// Nobody has the file open for writing, or mapped: a read lease is given on no other terms (fcntl(2)). Where leases
// can't be had, as on another user's file, nobody can tell.
bool has_no_writer(int fd) {
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return false;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return true;
}

}  // namespace

std::int64_t nanoseconds(const timespec& time) {
  // A time that 64 bits of nanoseconds can't hold (after 2262) wraps, and stays as good for a comparison.
  return std::int64_t(std::uint64_t(time.tv_sec) * 1'000'000'000 + std::uint64_t(time.tv_nsec));
}

FileIdentity identity_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = Bytes(status.st_size),
          .mtime_ns = nanoseconds(status.st_mtim),
          .ctime_ns = nanoseconds(status.st_ctim)};
}

void fail_changed(const std::string& name) {
  fail_hint(Kind::failure, "build again when nothing writes to it", "'{}' changed while it was being read",
            printable(name));
}

class TreeOrigin::FileReader final : public Origin::Reader {
 public:
  FileReader(const TreeOrigin& tree, const Item& item)
      : name_(tree.full_name(item.source())),
        identity_(item.identity),
        fd_(tree.root_.try_open(item.source(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) {
    const int saved = errno;
    if (fd_) {
      settled_ = tree.cache_ && item.settled && sys::stamps_all_writes(fd_.get()) && has_no_writer(fd_.get());
      return;
    }
    if (saved == ENOENT || saved == ENOTDIR || saved == ELOOP) fail_changed(name_);
    sys::fail_errno(saved, fmt::format("cannot open '{}'", printable(name_)));
  }
  void read(Bytes offset, std::span<std::byte> buffer) override {
    if (sys::pread_full(fd_.get(), buffer, offset, name_) != buffer.size()) fail_changed(name_);
  }
  void finish() override {
    struct stat status {};
    sys::check(fstat(fd_.get(), &status), "cannot read '{}'", printable(name_));
    if (identity_of(status) != identity_) fail_changed(name_);
  }
  bool is_settled() const override { return settled_; }

 private:
  std::string name_;
  FileIdentity identity_;
  sys::Fd fd_;
  bool settled_ = false;
};

std::unique_ptr<Origin::Reader> TreeOrigin::open(const Item& item) const {
  return std::make_unique<FileReader>(*this, item);
}

void TreeOrigin::remember(const Item& item, const Content& content) const {
  if (!cache_) return;
  StatCache::Value value{content, item.entry.xattrs};
  if (item.owner_record) value.xattrs.emplace(std::string(owner_attribute), *item.owner_record);
  cache_->learn(item.identity, std::move(value));
}

std::optional<Content> TreeOrigin::recall(const FileIdentity& identity) const {
  auto known = find(identity);
  return known ? std::optional(std::move(known->content)) : std::nullopt;
}

std::optional<StatCache::Value> TreeOrigin::find(const FileIdentity& identity) const {
  return cache_ ? cache_->find(identity) : std::nullopt;
}

}  // namespace fn::layer
