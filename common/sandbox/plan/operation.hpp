// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/wall.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// One step on the way into a sandbox. `source` and `target` are what the step's comment says; paths without a leading
// slash are below the scratch directory, where the root file system stands as "root".
enum class Step : std::uint8_t {
  // By the first process of the sandbox, while it still sees the host's files.
  private_mounts,  // mounts made from here on stay here
  scratch,         // a tmpfs on the host's directory `target`, with the options `source`; becomes the current directory
  make_directory,  // `target`, mode `number`
  make_file,       // `target`, empty
  make_link,       // `target` -> `source`
  overlay_root,    // on "root": lower directories `source`, relative to `target`
  bind_root,       // the directory `target` with all that is mounted below it, on "root", read-only
  device,          // the host's character device `source`, number `number`, on `target`
  bind_scratch,    // `source` on `target`, both below the scratch directory
  terminals,       // a devpts of its own on `target`
  proc,            // a fresh, read-only procfs on `target`
  bind_host,       // the host's `source` on `target` inside; read-only if `number` is 1
  pivot,           // "root" becomes "/", the host's files are gone
  host_name,       // `source`
  loopback,        // the interface lo goes up
  listen,          // a TCP listener on 127.0.0.1, port `number`, sent to the caller
  open_terminal,   // a new pseudo-terminal, its master sent to the caller
  join_cgroups,    // of version 1; it is born in that of version 2
  cgroup_namespace,  // the groups that it is in become its root
  // By the process that becomes the command.
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

struct Operation {
  Step step;
  std::string source = {};
  std::string target = {};
  std::uint64_t number = 0;
  Wall wall = Wall::mount;  // which one it is a part of
  bool optional = false;    // when it fails the wall is down, and the sandbox starts all the same
};

// "mount overlay": for timing, errors and JSON.
std::string_view step_name(Step step);
// What it does in one line, for people.
std::string describe(const Operation& operation);

}  // namespace fn::sandbox
