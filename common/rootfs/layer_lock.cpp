// SPDX-License-Identifier: Apache-2.0
// The lock of a layer directory is flock(2) on the directory itself, so there is no file to clean up, and the kernel
// releases it with the last descriptor. A name can change hands while one waits for its lock: the directory may have
// been renamed or removed. So the lock counts only if the name still leads to what was locked; if not, the answer is
// that there is no such directory. Waiting is done by trying, with pauses of up to 50 ms, so that an interrupt ends it.
// The name is looked at before each pause: who renames a layer that it has made goes on to hold it for as long as an
// instance lives.
#include "rootfs/layer_lock.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>

namespace fn::rootfs {
namespace {

using namespace std::chrono_literals;

sys::Fd open_layer(int store, const std::string& name) {
  sys::Fd dir(openat(store, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir && errno != ENOENT) sys::check(-1, "cannot open layer directory '{}'", printable(name));
  return dir;
}

bool try_lock(const sys::Fd& dir, int operation, const std::string& name) {
  while (flock(dir.get(), operation | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) sys::check(-1, "cannot lock layer directory '{}'", printable(name));
  }
  return true;
}

sys::Fd lock(int store, const std::string& name, int operation) {
  sys::Fd dir = open_layer(store, name);
  auto pause = 1ms;
  while (dir && !try_lock(dir, operation, name)) {
    if (!sys::is_name_of(store, name, dir.get())) return {};
    sys::check_interrupt();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
  if (dir && !sys::is_name_of(store, name, dir.get())) return {};
  return dir;
}

}  // namespace

sys::Fd lock_shared(int store, const std::string& name) {
  return lock(store, name, LOCK_SH);
}

sys::Fd lock_exclusive(int store, const std::string& name) {
  return lock(store, name, LOCK_EX);
}

sys::Fd try_lock_exclusive(int store, const std::string& name) {
  sys::Fd dir = open_layer(store, name);
  if (!dir || !try_lock(dir, LOCK_EX, name) || !sys::is_name_of(store, name, dir.get())) return {};
  return dir;
}

sys::Fd open_store(const std::string& path) {
  sys::Fd store(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!store && errno != ENOENT) sys::check(-1, "cannot open '{}'", printable(path));
  return store;
}

std::optional<std::vector<sys::Fd>> hold_layers(const std::string& path, const std::vector<std::string>& names) {
  const sys::Fd store = open_store(path);
  std::vector<sys::Fd> held;
  for (const std::string& name : names) {
    if (!store) return std::nullopt;
    held.push_back(lock_shared(store.get(), name));
    if (!held.back()) return std::nullopt;
  }
  return held;
}

}  // namespace fn::rootfs
