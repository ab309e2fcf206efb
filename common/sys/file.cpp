// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include "base/text.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace fn::sys {
namespace {

// The last call on `fd` moved nothing: returns if it is worth another try, after waiting for a non-blocking descriptor
// (a pipe that we share with a program such as node may be one).
void wait_or_fail(int fd, short events, std::string_view verb, std::string_view name) {
  const int saved = errno;
  if (saved == EAGAIN) {
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    poll(&waiting, 1, -1);
  } else if (saved != EINTR) {
    fail_errno(saved, fmt::format("cannot {} '{}'", verb, printable(name)));
  }
  check_interrupt();
}

template <typename ReadSome>
std::size_t read_all_of(int fd, std::span<std::byte> buffer, std::string_view name, const ReadSome& read_some) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t got = read_some(buffer.subspan(done), done);
    if (got == 0) break;
    if (got < 0) {
      wait_or_fail(fd, POLLIN, "read", name);
    } else {
      done += std::size_t(got);
    }
  }
  return done;
}

std::string parent_path(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  const std::size_t slash = end == path.npos ? path.npos : path.rfind('/', end);
  if (slash == path.npos) return path.starts_with('/') ? "/" : ".";
  return path.substr(0, std::max<std::size_t>(slash, 1));
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void make_directory(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) < 0) {
    const int saved = errno;
    if (is_directory(path)) return;
    if (saved == EEXIST || saved == ENOTDIR)
      fail(Kind::usage, "cannot create directory '{}': a file with that name exists", printable(path));
    fail_errno(saved, fmt::format("cannot create directory '{}'", printable(path)));
  }
  // A directory may be writable and yet not readable; there is no way to make a name in it durable then.
  const std::string parent = parent_path(path);
  if (const Fd dir(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); dir) fsync_directory(dir.get(), parent);
}

bool is_on_one_of(int fd, const std::array<std::uint32_t, 7>& types) {
  struct statfs status {};
  return fstatfs(fd, &status) == 0 &&
         std::find(types.begin(), types.end(), static_cast<std::uint32_t>(status.f_type)) != types.end();
}

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

Fd open_file(const std::string& path, int flags, unsigned mode) {
  while (true) {
    Fd fd(open(path.c_str(), flags | O_CLOEXEC, mode));
    if (fd) return fd;
    const int saved = errno;
    if (saved == ENOENT) fail(Kind::not_found, "cannot open '{}': no such file or directory", printable(path));
    if (saved != EINTR) fail_errno(saved, fmt::format("cannot open '{}'", printable(path)));
    check_interrupt();
  }
}

std::size_t read_full(int fd, std::span<std::byte> buffer, std::string_view name) {
  return read_all_of(fd, buffer, name,
                     [&](std::span<std::byte> rest, std::size_t) { return read(fd, rest.data(), rest.size()); });
}

std::size_t pread_full(int fd, std::span<std::byte> buffer, Bytes offset, std::string_view name) {
  return read_all_of(fd, buffer, name, [&](std::span<std::byte> rest, std::size_t done) {
    return pread(fd, rest.data(), rest.size(), off_t(offset + done));
  });
}

void write_full(int fd, std::span<const std::byte> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      wait_or_fail(fd, POLLOUT, "write", name);
    } else {
      bytes = bytes.subspan(std::size_t(written));
    }
  }
}

void write_full(int fd, std::string_view bytes, std::string_view name) {
  write_full(fd, std::as_bytes(std::span(bytes)), name);
}

std::string read_file(const std::string& path, Bytes max_bytes) {
  return read_fd(open_file(path, O_RDONLY).get(), path, max_bytes);
}

std::string read_fd(int fd, std::string_view name, Bytes max_bytes) {
  struct stat status {};
  check(fstat(fd, &status), "cannot read '{}'", printable(name));
  // The size is a guess: files of /proc and pipes say 0. One more byte shows that the end was reached. Most of those
  // files are small, and each page of a buffer costs a fault.
  constexpr Bytes smallest = 4000;
  Bytes chunk = S_ISREG(status.st_mode) && status.st_size > 0 ? Bytes(status.st_size) + 1 : smallest;
  std::string text;
  while (true) {
    chunk = std::min(chunk - 1, max_bytes - text.size()) + 1;
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const std::size_t got = read_full(fd, std::as_writable_bytes(std::span(text).subspan(before)), name);
    text.resize(before + got);
    if (text.size() > max_bytes) fail(Kind::usage, "'{}' is larger than {}", printable(name), human_bytes(max_bytes));
    if (got < chunk) return text;
    chunk = std::max<Bytes>(smallest, text.size());
  }
}

Fd document_fd(std::string_view text, const std::string& name) {
  Fd file(check(memfd_create(name.c_str(), MFD_CLOEXEC), "cannot create a file for the {}", name));
  write_full(file.get(), text, name);
  check(lseek(file.get(), 0, SEEK_SET), "cannot rewind the {}", name);
  return file;
}

void make_directories(const std::string& path, unsigned mode) {
  if (is_directory(path)) return;
  std::size_t end = 0;
  do {
    end = std::min(path.find('/', end + 1), path.size());
    make_directory(path.substr(0, end), mode);
  } while (end < path.size());
}

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::unique_ptr<char, decltype(&std::free)> here(getcwd(nullptr, 0), &std::free);
  if (!here) fail_errno(errno, "cannot find the working directory");
  return std::string(here.get()) + '/' + path;
}

bool is_same_file(int a, int b) {
  struct stat one {};
  struct stat other {};
  return fstat(a, &one) == 0 && fstat(b, &other) == 0 && is_same(one, other);
}

bool is_name_of(int dir, const std::string& name, int fd) {
  struct stat named {};
  struct stat open {};
  return fstatat(dir, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &open) == 0 && is_same(named, open);
}

bool is_mount_point(const std::string& path) {
  struct statx status {};
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool is_on_network(int fd) {
  // statfs(2): nfs, smb, cifs, smb2, ceph, afs, coda.
  return is_on_one_of(
      fd, std::array<std::uint32_t, 7>{0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x00c36400, 0x5346414f, 0x73757245});
}

bool stamps_all_writes(int fd) {
  // statfs(2): ext2 to ext4, xfs, btrfs, f2fs, bcachefs; erofs and squashfs, which nobody writes to.
  return is_on_one_of(
      fd, std::array<std::uint32_t, 7>{0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e, 0xe0f5e1e2, 0x73717368});
}

std::set<std::string> names_in(int dir, std::string_view path) {
  Fd copy(check(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot read directory '{}'", printable(path)));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(copy.get()), closedir);
  if (!stream) check(-1, "cannot read directory '{}'", printable(path));
  copy.release();
  std::set<std::string> names;
  errno = 0;
  while (const dirent* found = readdir(stream.get())) {
    const std::string_view name(found->d_name);
    if (name != "." && name != "..") names.emplace(name);
    errno = 0;
  }
  if (errno != 0) check(-1, "cannot read directory '{}'", printable(path));
  return names;
}

void fsync_directory(int dir, std::string_view name) {
  // EINVAL: a file system that can't, such as some FUSE ones; it has no more to give.
  if (fsync(dir) < 0 && errno != EINVAL) fail_errno(errno, fmt::format("cannot write '{}' to disk", printable(name)));
}

std::string random_name(std::string_view prefix) {
  std::uint64_t number = 0;
  while (getrandom(&number, sizeof number, 0) != ssize_t{sizeof number}) {
    if (errno != EINTR) fail_errno(errno, "cannot get random bytes");
  }
  return fmt::format("{}{:016x}", prefix, number);
}

void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode) {
  const Fd dir = open_file(parent_path(path), O_RDONLY | O_DIRECTORY);
  TempFile file(dir.get(), path, mode);
  file.write(bytes);
  file.commit(path.substr(path.rfind('/') + 1), TempFile::Existing::replace);
}

}  // namespace fn::sys
