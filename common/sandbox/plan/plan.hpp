// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "sandbox/plan/host.hpp"
#include "sandbox/plan/operation.hpp"
#include "sandbox/plan/spec.hpp"

#include <string>
#include <vector>

namespace fn::sandbox {

// A line of /proc/PID/uid_map or gid_map: user_namespaces(7).
struct IdMap {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 1;
};

// Everything that will be done to start a sandbox, as data, made without side effects: printed by --dry-run, carried
// out by Sandbox::start().
struct Plan {
  Spec spec;
  unsigned long namespaces = 0;  // CLONE_NEW*
  std::vector<IdMap> uids;       // empty: no user namespace
  std::vector<IdMap> gids;
  bool deny_setgroups = false;
  std::vector<Operation> beside;           // by the first process, while the command's does opening and setup
  std::vector<Operation> opening;          // by the command's process, before it has ids
  std::vector<Operation> setup;            // after them
  std::vector<Operation> proc_substitute;  // instead of Step::proc where the kernel refuses it
  std::vector<Operation> lockdown;         // in the new root
  std::vector<std::string> programs;       // where the command may be, in order
  std::vector<WallState> walls;            // as far as known in advance
  CgroupHost cgroups;
  int landlock_abi = 0;

  const WallState& wall(Wall wall) const;
};

// Throws usage (an invalid command, a relative path), unsupported (user namespaces are forbidden, a wall of
// spec.require is unavailable), each with a hint on how to fix it.
Plan make_plan(Spec spec, const Host& host);

// Steps of required walls are no longer optional: if one fails, the command does not run.
void insist_on_required(Plan& plan);
// Throws unsupported if a wall of `required` is not up.
void check_required(const std::vector<WallState>& walls, const std::vector<Wall>& required);

// {"namespaces", "operations": [..], "walls": [..]}
Json to_json(const Plan& plan);
Json to_json(const std::vector<WallState>& walls);
// The operations, one a line, and the walls that are not up.
std::string to_text(const Plan& plan);

}  // namespace fn::sandbox
