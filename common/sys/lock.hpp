// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <chrono>
#include <string>

namespace fn::sys {

// flock(2) on a dedicated file or on a directory: it vanishes with the process that holds it, so there is no stale
// lock and no unlock command.
class FileLock {
 public:
  enum class Mode { shared, exclusive };

  // Waits up to `timeout`, then throws busy "'PATH' is held by fnimg (pid 4711)". The file is created if it is missing.
  FileLock(const std::string& path, Mode mode, std::chrono::milliseconds timeout);
  // The same on a directory, which gets no file by it; on a network file system, where directories can't be locked
  // alone, on the file 'index.lock' in it.
  static FileLock of_directory(const std::string& path, std::chrono::milliseconds timeout);

 private:
  FileLock(Fd fd, const std::string& path, Mode mode, std::chrono::milliseconds timeout);
  Fd fd_;
};

// The holder of a lock (flock or POSIX) on the file: "fnimg gc (pid 4711)", several with commas; "another process"
// if /proc/locks doesn't say.
std::string lock_holders(const std::string& path);

}  // namespace fn::sys
