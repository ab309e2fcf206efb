// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// A barrier between a function and its host. The names are those of --require and of the degradation manifest.
enum class Wall {
  user,          // a user namespace: its capabilities have no effect outside
  mount,         // sees its own files only
  pid,           // sees its own processes only
  ipc,           // System V IPC and message queues
  uts,           // host name
  net,           // network namespace
  cgroup,        // sees itself as the root of its cgroups
  time,          // clocks since boot
  proc,          // a /proc of its own, read-only, without information about the host
  dev,           // a /dev of its own with a handful of devices
  capabilities,  // none in any of the five sets
  privileges,    // no_new_privs: setuid files have no effect
  seccomp,       // blocks system calls that a function does not need
  landlock,      // a second wall around files, TCP ports, signals
  rlimits,       // per process limits: open files, core files
  memory,        // limit of --memory, for all its processes together
  cpus,          // limit of --cpus
  pids,          // limit of --pids
};

inline constexpr std::array<std::string_view, 18> wall_names{
    "user", "mount", "pid", "ipc",     "uts",      "net",     "cgroup", "time", "proc",
    "dev",  "caps",  "nnp", "seccomp", "landlock", "rlimits", "memory", "cpus", "pids"};

std::string_view wall_name(Wall wall);
// "seccomp" and also "userns", "pidns".. ; nothing if there is no such wall.
std::optional<Wall> parse_wall(std::string_view name);

// The state of a wall in one sandbox.
struct WallState {
  enum class Level {
    up,
    approximate,  // enforced by other, weaker means
    down,
    unwanted,  // the caller asked for none: --net host, no limit
  };
  Wall wall;
  Level level = Level::up;
  std::string reason = {};  // unless up
};

std::string_view level_name(WallState::Level level);

}  // namespace fn::sandbox
