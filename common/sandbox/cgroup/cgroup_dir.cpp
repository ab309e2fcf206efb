// SPDX-License-Identifier: Apache-2.0
// The files of one group, reached by a descriptor of its directory. Others (the janitor, a sweep, an administrator)
// may remove the group at any time, and older kernels lack files. So a file that isn't there, or whose group has just
// gone, is an answer ("nothing", false) and not an error; only set(), for files that a controller always has,
// insists.
#include "sandbox/cgroup/cgroup_dir.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace fn::sandbox {
namespace {

using namespace std::chrono_literals;

// ENODEV: the file is open, but its group was removed.
bool is_absence(int errno_value) {
  return errno_value == ENOENT || errno_value == ENODEV;
}

sys::Fd open_directory(const std::string& path) {
  return sys::Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::string read_to_end(int fd, std::string_view name) {
  std::string text;
  std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
  while (true) {
    const ssize_t got = read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENODEV) return text;
    sys::check(got, "cannot read '{}'", printable(name));
    if (got == 0) return text;
    text.append(chunk.data(), std::size_t(got));
  }
}

}  // namespace

CgroupDir CgroupDir::make(std::string path, int version) {
  if (mkdir(path.c_str(), 0755) < 0) {
    if (errno == EEXIST) fail(Kind::busy, "group '{}' already exists", printable(path));
    sys::fail_errno(errno, fmt::format("cannot create group '{}'", printable(path)));
  }
  sys::Fd dir = open_directory(path);
  if (!dir) {
    const int saved = errno;
    rmdir(path.c_str());
    sys::fail_errno(saved, fmt::format("cannot open group '{}'", printable(path)));
  }
  return {std::move(path), version, std::move(dir)};
}

std::optional<CgroupDir> CgroupDir::open(std::string path, int version) {
  sys::Fd dir = open_directory(path);
  if (!dir) return std::nullopt;
  return CgroupDir(std::move(path), version, std::move(dir));
}

sys::Fd CgroupDir::open_file(const char* name, int flags) const {
  sys::Fd fd(openat(dir_.get(), name, flags | O_CLOEXEC));
  if (!fd && !is_absence(errno)) sys::fail_errno(errno, fmt::format("cannot open '{}/{}'", printable(path_), name));
  return fd;
}

bool CgroupDir::write(const char* name, std::string_view text) const {
  const sys::Fd fd = open_file(name, O_WRONLY);
  if (!fd) return false;
  ssize_t written = 0;
  do {
    written = ::write(fd.get(), text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0 && errno == ENODEV) return false;
  sys::check(written, "cannot write '{}' to '{}/{}'", printable(text), printable(path_), name);
  return true;
}

void CgroupDir::set(const char* name, std::string_view text) const {
  if (!write(name, text)) fail(Kind::unsupported, "group '{}' has no file '{}'", printable(path_), name);
}

std::optional<std::string> CgroupDir::read(const char* name) const {
  const sys::Fd fd = open_file(name, O_RDONLY);
  if (!fd) return std::nullopt;
  return read_to_end(fd.get(), name);
}

std::optional<std::string> read_small_file(int dir, const char* path) {
  const sys::Fd fd(openat(dir, path, O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  return read_to_end(fd.get(), path);
}

std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    const std::string_view rest = text.substr(at + key.size());
    if ((at == 0 || text[at - 1] == '\n') && rest.starts_with(' '))
      return parse_uint(rest.substr(1, rest.find('\n') - 1));
  }
  return std::nullopt;
}

bool remove_group(const std::string& path, std::chrono::steady_clock::time_point deadline) {
  auto pause = 50us;
  while (rmdir(path.c_str()) < 0) {
    if (errno == ENOENT) return true;
    if (errno != EBUSY && errno != EINTR)
      sys::fail_errno(errno, fmt::format("cannot remove group '{}'", printable(path)));
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, 5ms);
  }
  return true;
}

}  // namespace fn::sandbox
