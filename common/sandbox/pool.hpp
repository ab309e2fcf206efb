// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <sys/types.h>

// Prepared network namespaces: making one takes 350 to 400 us, and they are all alike. A helper program, fn-pool, holds
// a few by descriptors only, so they vanish with it; everything works without it. Each is used once.
namespace fn::sandbox {

// Identifies equivalent namespaces. Sent as raw bytes.
struct PoolKey {
  // With a user namespace that owns the network namespace and has one user and one group, `uid` and `gid` inside, ours
  // outside: user_namespaces(7). Without: owned by the pool's own user namespace, whose administrator makes the
  // request.
  std::uint32_t with_user = 0;  // 0 or 1
  std::uint32_t loopback = 0;   // 1: lo is up
  uid_t uid = 0;                // 0 without a user namespace
  gid_t gid = 0;

  bool operator==(const PoolKey&) const = default;
};

// Unused namespaces.
struct PooledNamespaces {
  sys::Fd user;  // none unless asked for
  sys::Fd net;
};

// One request, one reply, each a message of its own (unix(7), SOCK_SEQPACKET); the descriptors come with the reply.
struct PoolRequest {
  static constexpr std::uint32_t expected_version = 1;
  enum class Command : std::uint32_t { take, status, stop };

  std::uint32_t version = expected_version;
  Command command = Command::take;
  PoolKey key;
};

struct PoolReply {
  std::uint32_t version = PoolRequest::expected_version;
  std::int32_t pid = 0;     // of the helper
  std::uint32_t ready = 0;  // ready namespaces, of all keys; not set in replies that carry one
  std::uint32_t reserved = 0;
  std::uint64_t given = 0;    // since it began
  std::uint64_t refused = 0;  // requests while none was ready
};

// The directory of the pool's socket: $XDG_RUNTIME_DIR/fn/pool if that is a directory of ours, else HOME/pool.
std::string pool_directory(const std::string& home);

// A directory of ours that nobody else may write to, for use below /proc/self/fd: this makes a path of any length fit
// into a socket's address. None if it does not exist or is not safe.
class PoolDirectory {
 public:
  explicit PoolDirectory(const std::string& path);
  explicit operator bool() const { return bool(fd_); }
  int fd() const { return fd_.get(); }
  // "/proc/self/fd/N/socket".
  const std::array<char, 40>& socket_path() const { return path_; }
  // Locks the directory for the one helper that serves it, for the lifetime of the object (flock(2)). False if another
  // one holds the lock.
  bool lock() const;

 private:
  sys::Fd fd_;
  std::array<char, 40> path_{};
};

inline constexpr char pool_socket[] = "socket";

}  // namespace fn::sandbox
