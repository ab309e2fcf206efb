// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup/cgroup_host.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace fn::sandbox {

// A name that identifies the owner of a group: "fn-PID-START-NAMESPACES-TAIL", with the start time of the process
// (field 22 of /proc/PID/stat) and the pid and time namespaces in which both are valid. `tail` is letters, digits, "."
// and "-". Throws not_found if there is no process `owner`.
std::string cgroup_name(std::string_view tail, pid_t owner = 0);

struct SweptCgroups {
  std::uint64_t removed = 0;  // directories
  std::uint64_t killed = 0;   // processes found in them
  std::uint64_t left = 0;     // directories that could not be emptied or removed in time
};
// Removes the groups whose owner is gone from all places of the host, after killing the processes in them. Groups with
// a living owner, with one in other namespaces, and with other names are left alone. `patience` is for each group.
SweptCgroups sweep_cgroups(const CgroupHost& host, std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace fn::sandbox
