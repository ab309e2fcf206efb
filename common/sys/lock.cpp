// SPDX-License-Identifier: Apache-2.0
#include "sys/lock.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <vector>

namespace fn::sys {
namespace {

using namespace std::chrono_literals;

bool try_lock(int fd, int operation, const std::string& path) {
  while (flock(fd, operation | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) fail_errno(errno, fmt::format("cannot lock '{}'", printable(path)));
  }
  return true;
}

// proc(5): "1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF"; one that waits has "->" after the number.
std::optional<std::string> holder_in(std::string_view line, std::string_view file) {
  std::vector<std::string> fields;
  for (std::string& field : split(line, ' '))
    if (!field.empty()) fields.push_back(std::move(field));
  if (fields.size() < 6 || fields[1] == "->" || fields[5] != file) return std::nullopt;
  // A lock of an open file description has no process (-1), one from another container has 0.
  const auto pid = parse_uint(fields[4]);
  if (!pid || *pid == 0) return std::nullopt;
  return fields[4];
}

bool looks_like_verb(std::string_view argument) {
  return !argument.empty() && argument[0] != '-' &&
         argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == argument.npos;
}

// "fnimg gc (pid 4711)". Without a command line, which belongs to a process of another user or a past one: "process
// (pid 4711)".
std::string describe_process(const std::string& pid) {
  std::vector<std::string> arguments{{}};
  try {
    arguments = split(read_file(fmt::format("/proc/{}/cmdline", pid), MiB), '\0');
  } catch (const Error&) {
  }
  std::string program = arguments[0].substr(arguments[0].rfind('/') + 1);
  if (program.empty()) return fmt::format("process (pid {})", pid);
  const auto verb = std::find_if(arguments.begin() + 1, arguments.end(), looks_like_verb);
  if (verb != arguments.end()) program += ' ' + *verb;
  return fmt::format("{} (pid {})", printable(program), pid);
}

}  // namespace

FileLock::FileLock(const std::string& path, Mode mode, std::chrono::milliseconds timeout)
    : FileLock(open_file(path, O_RDWR | O_CREAT), path, mode, timeout) {}

FileLock FileLock::of_directory(const std::string& path, std::chrono::milliseconds timeout) {
  Fd directory = open_file(path, O_RDONLY | O_DIRECTORY);
  if (is_on_network(directory.get())) return {path + "/index.lock", Mode::exclusive, timeout};
  return {std::move(directory), path, Mode::exclusive, timeout};
}

FileLock::FileLock(Fd fd, const std::string& path, Mode mode, std::chrono::milliseconds timeout) : fd_(std::move(fd)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto pause = 10ms;
  while (!try_lock(fd_.get(), mode == Mode::shared ? LOCK_SH : LOCK_EX, path)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= 0ms)
      fail_hint(Kind::busy, "try again later, or wait longer with --lock-timeout", "'{}' is held by {}",
                printable(path), lock_holders(path));
    check_interrupt();
    std::this_thread::sleep_for(std::min(pause, left));
    pause = std::min(pause * 3 / 2, std::chrono::milliseconds(100));
  }
}

std::string lock_holders(const std::string& path) {
  std::vector<std::string> pids;
  struct stat status {};
  try {
    check(stat(path.c_str(), &status), "cannot read '{}'", printable(path));
    const std::string file = fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
    for (const std::string& line : split(read_file("/proc/locks", 16 * MiB), '\n')) {
      auto pid = holder_in(line, file);
      if (pid && std::find(pids.begin(), pids.end(), *pid) == pids.end()) pids.push_back(std::move(*pid));
    }
  } catch (const Error&) {
    // It is only a name for a message about something worse.
  }
  std::string names;
  for (const std::string& pid : pids) names += (names.empty() ? "" : ", ") + describe_process(pid);
  return names.empty() ? "another process" : names;
}

}  // namespace fn::sys
