// SPDX-License-Identifier: Apache-2.0
// From nothing to a durable name. The file is born without one (O_TMPFILE), so a killed process leaves nothing; where
// the file system or a missing /proc forbids that, it has a random ".tmp-" name, which gc sweeps if it lies in the
// store.
//
// commit() syncs the file, gives it its name, and syncs the directory, in this order: a name must never be durable
// before the bytes are. linkat(2) can't replace, so with Existing::replace an unnamed file gets a random name first and
// is renamed. A failed fsync is final: the kernel may have dropped the pages, and a second one would report success.
// While a large file is written, write-back is started every 8 MiB, so that the last sync has little left to do.
#include "base/text.hpp"
#include "sys/file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace fn::sys {
namespace {

constexpr Bytes write_back_step = 8 * MiB;
constexpr std::string_view temporary_prefix = ".tmp-";

}  // namespace

TempFile::TempFile(int dir, std::string_view name, unsigned mode) : dir_(dir), name_(name) {
  // A file without a name gets one through /proc, which some containers go without.
  if (access("/proc/self/fd", X_OK) == 0) fd_ = Fd(openat(dir_, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  // Without O_TMPFILE a file system says EOPNOTSUPP, a kernel before 3.11 EISDIR; a real problem comes again with a
  // name.
  while (!fd_) {
    std::string temporary = random_name(temporary_prefix);
    fd_ = Fd(openat(dir_, temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode));
    if (fd_) {
      temporary_ = std::move(temporary);
    } else if (errno != EEXIST && errno != EINTR) {
      fail_errno(errno, fmt::format("cannot create '{}'", printable(name_)));
    }
  }
}

TempFile::TempFile(TempFile&& other) noexcept
    : dir_(other.dir_),
      name_(std::move(other.name_)),
      fd_(std::move(other.fd_)),
      temporary_(std::exchange(other.temporary_, {})),
      size_(other.size_),
      flushed_(other.flushed_) {}

TempFile::~TempFile() {
  discard();
}

void TempFile::write(std::span<const std::byte> bytes) {
  write_full(fd_.get(), bytes, name_);
  size_ += bytes.size();
  if (size_ - flushed_ < write_back_step) return;
  // Only advice, so a failure means nothing; a real error is kept for fsync.
  sync_file_range(fd_.get(), off_t(flushed_), off_t(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
  flushed_ = size_;
}

void TempFile::write(std::string_view bytes) {
  write(std::as_bytes(std::span(bytes)));
}

void TempFile::commit(const std::string& file_name, Existing existing) {
  // After a failed fsync the kernel marks the lost pages clean, and a second one would report success.
  check(fsync(fd_.get()), "cannot write '{}' to disk", printable(name_));
  if (existing == Existing::replace) {
    check(replace(file_name), "cannot create '{}'", printable(name_));
  } else if (keep(file_name) < 0 && errno != EEXIST) {
    fail_errno(errno, fmt::format("cannot create '{}'", printable(name_)));
  }
  discard();
  fsync_directory(dir_, name_);
}

// linkat() with AT_EMPTY_PATH needs a privilege; through /proc anybody may name a file of their own.
int TempFile::link_unnamed(const std::string& name) const noexcept {
  const std::string source = fmt::format("/proc/self/fd/{}", fd_.get());
  return linkat(AT_FDCWD, source.c_str(), dir_, name.c_str(), AT_SYMLINK_FOLLOW);
}

int TempFile::replace(const std::string& name) {
  if (temporary_.empty()) {
    // No call links over an existing name, but one renames over it.
    std::string temporary = random_name(temporary_prefix);
    if (link_unnamed(temporary) < 0) return -1;
    temporary_ = std::move(temporary);
  }
  const int result = renameat(dir_, temporary_.c_str(), dir_, name.c_str());
  if (result == 0) temporary_.clear();
  return result;
}

int TempFile::keep(const std::string& name) {
  if (temporary_.empty()) return link_unnamed(name);
  int result = linkat(dir_, temporary_.c_str(), dir_, name.c_str(), 0);
  if (result == 0 || (errno != EPERM && errno != EOPNOTSUPP)) return result;
  // A file system without hard links.
  result = renameat2(dir_, temporary_.c_str(), dir_, name.c_str(), RENAME_NOREPLACE);
  if (result == 0) temporary_.clear();
  return result;
}

void TempFile::discard() noexcept {
  if (!temporary_.empty()) unlinkat(dir_, temporary_.c_str(), 0);
  temporary_.clear();
}

}  // namespace fn::sys
