// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup/cgroup.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// Ids of a namespace: `count` from `first` on.
struct IdRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// An entry of /proc that reveals something about the host.
struct ProcSecret {
  std::string name;
  bool is_directory = false;
};

// The facts about the machine that a plan needs. Looked up for each start, in a few dozen microseconds.
struct Host {
  uid_t uid = 0;
  gid_t gid = 0;
  bool is_admin = false;            // CAP_SYS_ADMIN here, and all ids may be changed
  bool user_namespaces = true;      // not switched off by a limit of 0
  std::string user_namespaces_off;  // the setting that disables them, if so
  int landlock_abi = 0;             // 0: none
  bool setgroups_denied = false;    // setgroups(2), in our user namespace and all below it
  unsigned kernel = 0;              // 6.12 is 6012
  std::vector<IdRange> uids;        // ids that may be mapped; empty unless is_admin
  std::vector<IdRange> gids;
  std::vector<ProcSecret> proc_secrets;
  std::string mountinfo;  // /proc/self/mountinfo
  CgroupHost cgroups;     // empty unless asked for
};

enum class LookForCgroups { no, yes };
Host look_at_host(LookForCgroups cgroups);

}  // namespace fn::sandbox
