// SPDX-License-Identifier: Apache-2.0
// Symbolic links are followed here one by one, because a new file must be made beside the last one's target. Links of
// /proc name what is open, not a path: those of this process's descriptors are written to as they are, with offset and
// O_APPEND of who opened them, and others are opened by their own name.
#include "sys/output_file.hpp"

#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::sys {
namespace {

constexpr int max_links = 40;  // as in the kernel

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// The N of /dev/fd/N and its kin.
std::optional<int> descriptor_number(std::string_view path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string& folder : {std::string("/dev/fd/"), std::string("/proc/self/fd/"),
                                    std::string("/proc/thread-self/fd/"), fmt::format("/proc/{}/fd/", getpid())}) {
    if (!path.starts_with(folder)) continue;
    const auto number = parse_uint(path.substr(folder.size()));
    if (number && *number <= INT_MAX) return int(*number);
  }
  return std::nullopt;
}

// What a symbolic link points to, as a path from here; nothing if it is not one.
std::optional<std::string> link_of(const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t length = readlink(path.c_str(), text.data(), text.size());
  if (length < 0) return std::nullopt;
  const std::string target(text.data(), std::size_t(length));
  return target.starts_with('/') || directory_of(path) == "." ? target : directory_of(path) + target;
}

bool may_write(const std::string& path) {
  return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

[[noreturn]] void fail_to_write(const std::string& path) {
  fail_errno(errno, fmt::format("cannot write '{}'", printable(path)));
}

}  // namespace

struct OutputFile::Target {
  enum class Way { make, replace, write_into, descriptor };
  Way way = Way::make;
  std::string path;
  int descriptor = -1;
  struct stat status {};
};

OutputFile::Target OutputFile::look(const std::string& path) {
  using Way = Target::Way;
  Target target;
  target.path = path;
  for (int links = 0;; ++links) {
    if (const auto number = descriptor_number(target.path)) {
      target.way = Way::descriptor;
      target.descriptor = *number;
      return target;
    }
    const auto next = link_of(target.path);
    if (!next) break;
    if (links == max_links) fail(Kind::usage, "'{}' leads through too many symbolic links", printable(path));
    target.path = *next;
  }
  struct stat wanted {};
  const bool exists = stat(path.c_str(), &wanted) == 0;
  if (!exists && errno != ENOENT) fail_to_write(path);
  const bool is_found = lstat(target.path.c_str(), &target.status) == 0;
  if (exists && (!is_found || target.status.st_ino != wanted.st_ino || target.status.st_dev != wanted.st_dev)) {
    target.path = path;  // a link of /proc, which names no path
    target.status = wanted;
  }
  if (!exists) {
    if (target.path.empty() || target.path.ends_with('/'))
      fail(Kind::usage, "'{}' is not the name of a file", printable(path));
    return target;
  }
  target.way = Way::write_into;
  if (S_ISDIR(target.status.st_mode)) fail_hint(Kind::usage, "name a file", "'{}' is a directory", printable(path));
  if (S_ISSOCK(target.status.st_mode))
    fail_hint(Kind::usage, "name a file or a pipe", "'{}' is a socket", printable(path));
  if (!may_write(target.path)) fail_to_write(path);
  const bool is_replaced = S_ISREG(target.status.st_mode) && target.status.st_nlink == 1 &&
                           !is_mount_point(target.path) && may_write(directory_of(target.path));
  if (is_replaced) target.way = Way::replace;
  return target;
}

void OutputFile::check(const std::string& path) {
  const Target target = look(path);
  if (target.way != Target::Way::make) return;
  const std::string directory = directory_of(target.path);
  open_file(directory, O_PATH | O_DIRECTORY);
  if (!may_write(directory)) fail_errno(errno, fmt::format("cannot create '{}'", printable(path)));
}

bool OutputFile::is_stdout(const std::string& path) {
  return look(path).descriptor == STDOUT_FILENO;
}

OutputFile::OutputFile(const std::string& path) : name_(path == "-" ? "stdout" : path) {
  const Target target = look(path);
  if (target.way == Target::Way::write_into) {
    open_existing(target);
  } else if (target.way == Target::Way::descriptor) {
    open_descriptor(target.descriptor);
  } else {
    open_new(target);
  }
}

void OutputFile::open_descriptor(int descriptor) {
  fd_ = Fd(sys::check(fcntl(descriptor, F_DUPFD_CLOEXEC, 3), "cannot write '{}'", printable(name_)));
  if ((fcntl(fd_.get(), F_GETFL) & O_ACCMODE) == O_RDONLY)
    fail(Kind::usage, "'{}' is open for reading only", printable(name_));
}

void OutputFile::open_new(const Target& target) {
  dir_ = open_file(directory_of(target.path), O_RDONLY | O_DIRECTORY);
  base_name_ = target.path.substr(target.path.rfind('/') + 1);
  file_.emplace(dir_.get(), name_, 0666U);
  if (target.way == Target::Way::make) return;
  struct stat ours {};
  sys::check(fstat(file_->fd(), &ours), "cannot write '{}'", printable(name_));
  const bool same_owner = ours.st_uid == target.status.st_uid && ours.st_gid == target.status.st_gid;
  const bool kept = (same_owner || fchown(file_->fd(), target.status.st_uid, target.status.st_gid) == 0) &&
                    fchmod(file_->fd(), target.status.st_mode & 07777) == 0;
  if (kept) return;
  file_.reset();
  open_existing(target);
}

void OutputFile::open_existing(const Target& target) {
  fd_ = open_file(target.path, O_WRONLY | O_NOCTTY);
  is_regular_ = S_ISREG(target.status.st_mode);
}

OutputFile::~OutputFile() {
  if (!fd_ || !is_regular_ || size_ == 0) return;
  // Half a result must not be taken for one; if even this fails, the exit code has to do.
  [[maybe_unused]] const int result = ftruncate(fd_.get(), 0);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (is_regular_ && size_ == 0) empty();
  size_ += bytes.size();
  if (file_) return file_->write(bytes);
  write_full(fd_.get(), bytes, name_);
}

void OutputFile::write(std::string_view bytes) {
  write(std::as_bytes(std::span(bytes)));
}

void OutputFile::empty() const {
  sys::check(ftruncate(fd_.get(), 0), "cannot write '{}'", printable(name_));
}

void OutputFile::commit() {
  if (file_) {
    file_->commit(base_name_, TempFile::Existing::replace);
    return file_.reset();
  }
  if (is_regular_ && size_ == 0) empty();
  // Pipes and terminals have no disk.
  if (fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
    fail_errno(errno, fmt::format("cannot write '{}' to disk", printable(name_)));
  fd_.close(name_);
}

}  // namespace fn::sys
