// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pool.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

// With sudo the variable may name the directory of someone else.
bool is_ours(const char* path) {
  struct stat status {};
  return path != nullptr && *path == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == geteuid();
}

}  // namespace

std::string pool_directory(const std::string& home) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return is_ours(runtime) ? std::string(runtime) + "/fn/pool" : home + "/pool";
}

PoolDirectory::PoolDirectory(const std::string& path)
    : fd_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  struct stat status {};
  constexpr mode_t others_write = S_IWGRP | S_IWOTH;
  if (fd_ && (fstat(fd_.get(), &status) != 0 || status.st_uid != geteuid() || (status.st_mode & others_write) != 0))
    fd_.reset();
  if (fd_) fmt::format_to_n(path_.data(), path_.size() - 1, "/proc/self/fd/{}/{}", fd_.get(), pool_socket);
}

bool PoolDirectory::lock() const {
  return flock(fd_.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace fn::sandbox
