// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace fn::sys {

// open(2) with O_CLOEXEC; throws not_found for ENOENT: "cannot open 'PATH': no such file or directory".
Fd open_file(const std::string& path, int flags, unsigned mode = 0666);

// Reads up to `buffer.size()` bytes, fewer only at the end of the file, and says how many. EINTR is retried. `name` is
// for errors, here and below. Throws failure.
std::size_t read_full(int fd, std::span<std::byte> buffer, std::string_view name);
// The same at an offset (pread).
std::size_t pread_full(int fd, std::span<std::byte> buffer, Bytes offset, std::string_view name);
// Writes all of it; short writes and EINTR are continued. Throws failure.
void write_full(int fd, std::span<const std::byte> bytes, std::string_view name);
void write_full(int fd, std::string_view bytes, std::string_view name);

// Reads the whole file; throws usage if it exceeds `max_bytes`.
std::string read_file(const std::string& path, Bytes max_bytes);
std::string read_fd(int fd, std::string_view name, Bytes max_bytes);

// An unnamed file that contains `text`, positioned at its beginning: input for another process that needs no writer.
// `name` is for errors and /proc. Throws failure.
Fd document_fd(std::string_view text, const std::string& name);

// mkdir -p, durably, each new directory with `mode`; throws usage if a file is in the way.
void make_directories(const std::string& path, unsigned mode = 0755);

// `path` from the root, where it led when the working directory was this one; links and ".." stay. Throws failure if
// the working directory is gone.
std::string absolute_path(const std::string& path);

// Two descriptors are of one file, pipe or device; false if that can't be told.
bool is_same_file(int a, int b);
// `name` in the directory `dir`, no link being followed, is what `fd` has open; false if that can't be told.
bool is_name_of(int dir, const std::string& name, int fd);

// Something is mounted there, so that it can be neither renamed nor replaced; no link is followed. False if that can't
// be told.
bool is_mount_point(const std::string& path);

// An open file is on another machine's file system (NFS, SMB, ..), where locks and shared memory are unreliable.
bool is_on_network(int fd);

// Every change of an open file's bytes updates its ctime: true on file systems known to do so. Not tmpfs, where a write
// to an already mapped page goes unnoticed, nor overlayfs, which does not know about mappings of its files (F_SETLEASE
// succeeds on them), nor a remote file system.
bool stamps_all_writes(int fd);

// The names in an open directory, which may be O_PATH, without "." and "..". `path` is for errors.
std::set<std::string> names_in(int dir, std::string_view path);

// Makes the names in a directory durable, which must not be O_PATH. Throws failure.
void fsync_directory(int dir, std::string_view name);

// PREFIX and 16 random hexadecimal digits, for a unique name.
std::string random_name(std::string_view prefix);

// A file that exists under its name only when it is complete and durable. Until commit() it has no name
// (O_TMPFILE) or, where the file system can't do that, a random ".tmp-" name that the destructor removes.
class TempFile {
 public:
  enum class Existing { keep, replace };

  // Created in the directory `dir`, which must outlive the object; `name` is for errors.
  TempFile(int dir, std::string_view name, unsigned mode = 0644);
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  ~TempFile();

  int fd() const { return fd_.get(); }
  void write(std::span<const std::byte> bytes);
  void write(std::string_view bytes);
  // Bytes written so far.
  Bytes size() const { return size_; }

  // fsync, then `file_name` in the directory, then fsync of the directory. With keep, an existing file of that name is
  // kept and ours is dropped. A failed fsync is never retried. Throws failure.
  void commit(const std::string& file_name, Existing existing);

 private:
  int link_unnamed(const std::string& name) const noexcept;
  int replace(const std::string& name);
  int keep(const std::string& name);
  void discard() noexcept;

  int dir_;
  std::string name_;
  Fd fd_;
  std::string temporary_;  // empty: no name yet
  Bytes size_ = 0;
  Bytes flushed_ = 0;  // write-back was started up to here, so that the final fsync has little left to do
};

// Creates or replaces `path` with `bytes`, atomically and durably.
void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode = 0644);

}  // namespace fn::sys
