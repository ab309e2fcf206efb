// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <sys/types.h>

// Prepared network namespaces: making one takes 350 to 400 us, and they are all alike. A helper program, fn-pool, holds
// a few by nothing but descriptors, so they are gone with it; all works without it. Each is used once.
namespace fn::sandbox {

// Which namespaces are alike. Sent as it is.
struct PoolKey {
  // With a user namespace that owns the network namespace and has one user and one group, `uid` and `gid` inside, ours
  // outside: user_namespaces(7). Without: owned by the pool's own user namespace, whose administrator asks.
  std::uint32_t with_user = 0;  // 0 or 1
  std::uint32_t loopback = 0;   // 1: lo is up
  uid_t uid = 0;                // 0 without a user namespace
  gid_t gid = 0;

  bool operator==(const PoolKey&) const = default;
};

// Namespaces that nobody has used.
struct Pooled {
  sys::Fd user;  // none unless asked for
  sys::Fd net;
};

// One request, one reply, each a message of its own (unix(7), SOCK_SEQPACKET); the descriptors come with the reply.
struct PoolRequest {
  static constexpr std::uint32_t expected_version = 1;
  enum class What : std::uint32_t { take, look, leave };

  std::uint32_t version = expected_version;
  What what = What::take;
  PoolKey key;
};

struct PoolReply {
  std::uint32_t version = PoolRequest::expected_version;
  std::int32_t pid = 0;     // of the helper
  std::uint32_t ready = 0;  // namespaces that wait, of all keys; not told together with one
  std::uint32_t reserved = 0;
  std::uint64_t given = 0;    // since it began
  std::uint64_t refused = 0;  // requests when none was ready
};

// The directory of the pool's socket: $XDG_RUNTIME_DIR/fn/pool if that is a directory of ours, else HOME/pool.
std::string pool_directory(const std::string& home);

// A directory of ours that nobody else may write to, for use below /proc/self/fd: a path of any length fits into a
// socket's address then. None if it isn't there or isn't that.
class PoolDirectory {
 public:
  explicit PoolDirectory(const std::string& path);
  explicit operator bool() const { return bool(fd_); }
  int fd() const { return fd_.get(); }
  // "/proc/self/fd/N/socket".
  const std::array<char, 40>& socket_path() const { return path_; }
  // For the one helper that serves here, as long as the object lives (flock(2)). False if another one does.
  bool lock() const;

 private:
  sys::Fd fd_;
  std::array<char, 40> path_{};
};

inline constexpr char pool_socket[] = "socket";

}  // namespace fn::sandbox
