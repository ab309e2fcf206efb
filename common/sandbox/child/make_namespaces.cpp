// SPDX-License-Identifier: Apache-2.0
// Makes namespaces for the pool by being born in them: writes the id maps of its user namespace if it has one, sets
// lo up, opens /proc/self/ns/* in the descriptor table that it shares with its maker, and ends. The maker, which
// waits for it (CLONE_VFORK), finds the descriptors in MakeNamespaces; they keep the namespaces alive.
#include "sandbox/child/make_namespaces.hpp"

#include "sandbox/child/end_process.hpp"
#include "sandbox/child/set_up_network.hpp"
#include "sys/raw_syscall.hpp"

#include <cstring>
#include <fcntl.h>

namespace fn::sandbox {

using sys::raw_syscall;

namespace {

long write_text(const char* path, const char* text) {
  const long fd = raw_syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  const long wrote = raw_syscall(SYS_write, fd, text, std::strlen(text));
  raw_syscall(SYS_close, fd);
  return wrote;
}

void make(MakeNamespaces& making) {
  const auto done = [&](const char* step, long result) {
    making.step = step;
    making.error = result < 0 ? -result : 0;
    return result >= 0;
  };
  if (making.with_user) {
    if (!done("write its id maps", write_text("/proc/self/setgroups", "deny"))) return;
    if (!done("write its id maps", write_text("/proc/self/gid_map", making.gid_map.data()))) return;
    if (!done("write its id maps", write_text("/proc/self/uid_map", making.uid_map.data()))) return;
    making.user = raw_syscall(SYS_openat, AT_FDCWD, "/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    if (!done("open it", making.user)) return;
  }
  if (making.loopback && !done("bring its loopback up", raise_loopback())) return;
  making.net = raw_syscall(SYS_openat, AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  done("open it", making.net);
}

}  // namespace

void make_namespaces_process(void* making) {
  make(*static_cast<MakeNamespaces*>(making));
  end_process(0);
}

}  // namespace fn::sandbox
