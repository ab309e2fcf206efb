// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/wall.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// One step on the way into a sandbox. `source` and `target` are what the step's comment says; paths without a leading
// slash are below the scratch directory, where the root file system is "root".
enum class Step : std::uint8_t {
  // By the process that becomes the command, while it still sees the host's files.
  private_mounts,  // mounts made from here on stay here
  scratch,         // a tmpfs on the host's directory `target`, with the options `source`; becomes the current directory
  make_directory,  // `target`, mode `number`
  make_file,       // `target`, with the content `source`
  make_link,       // `target` -> `source`
  overlay_root,    // on "root": lower directories `source`, relative to `target`
  bind_root,       // the directory `target` with all that is mounted below it, on "root", read-only
  device,          // the host's character device `source`, number `number`, on `target`, its node read-only
  bind_scratch,    // `source`, mostly of the scratch directory, on `target` in it; read-only if `number` is 1
  terminals,       // a devpts of its own on `target`
  proc,            // a fresh, read-only procfs on `target`; no substitute is allowed if `number` is 1
  bind_host,       // the host's `source` on `target` inside; read-only if `number` is 1
  pivot,           // "root" becomes "/", the host's files disappear
  host_name,       // `source`
  open_terminal,   // a new pseudo-terminal, its master sent to the caller
  join_cgroups,    // of version 1; it is born in that of version 2
  join_first,      // the namespaces that the first process made meanwhile
  // By the first process.
  network_namespace,
  loopback,          // the interface lo is brought up
  listen,            // a TCP listener on 127.0.0.1, port `number`, sent to the caller
  cgroup_namespace,  // its current groups become its root
  // By the command's process, in the new root.
  session,      // a session of its own; with the terminal if there is one
  streams,      // fds 0 to 2
  working_dir,  // `source`, and it must be below "/"
  rlimit,       // resource `number` to `source`
  time_namespace,
  bounding_set,  // empty
  identity,      // groups, gid, uid
  capabilities,  // none, and none comes with uid 0
  no_new_privileges,
  landlock,
  seccomp,
  execute,
};

// In the order of Step; for timing, errors and JSON.
inline constexpr std::array<std::string_view, 33> step_names{
    "private mounts", "mount scratch",  "make directory",   "make file",    "make link",       "mount root",
    "bind root",      "bind device",    "bind scratch",     "mount devpts", "mount proc",      "bind host",
    "pivot root",     "host name",      "open terminal",    "join cgroups", "join namespaces", "network namespace",
    "loopback",       "listen",         "cgroup namespace", "session",      "streams",         "working directory",
    "rlimit",         "time namespace", "bounding set",     "identity",     "capabilities",    "no new privileges",
    "landlock",       "seccomp",        "execute"};
static_assert(step_names.size() == static_cast<std::size_t>(Step::execute) + 1);

struct Operation {
  Step step;
  std::string source = {};
  std::string target = {};
  std::uint64_t number = 0;
  Wall wall = Wall::mount;  // the wall that it is a part of
  bool optional = false;    // if it fails, the wall is down and the sandbox starts anyway
};

constexpr std::string_view step_name(Step step) {
  return step_names[static_cast<std::size_t>(step)];
}
// A description in one line, for people.
std::string describe(const Operation& operation);

}  // namespace fn::sandbox
