// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup/cgroup_host.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// Shell commands that give the user what is missing. Each is empty if a path in it would have to be quoted.

// Write access to a group of version 1: makes one below `own` that belongs to the user, and moves the shell there.
std::string remedy_for_access_v1(const CgroupFacts& facts, const std::string& own);
// A group of version 2 that passes on what is `offered` at the top, with the shell one level below it, out of the way.
std::string remedy_for_access_v2(const CgroupFacts& facts, const std::string& top, const std::string& own,
                                 const std::vector<std::string_view>& offered);
// Lets systemd pass all controllers to its users' groups.
std::string remedy_for_controller(const CgroupFacts& facts, const std::string& own, std::string_view controller);
// A mount that is read-only.
std::string remedy_for_read_only(const CgroupFacts& facts, const std::string& point);
// A hierarchy that is mounted nowhere; `options` names its controllers, or is empty for version 2.
std::string remedy_for_no_mount(const CgroupFacts& facts, std::string_view options);

}  // namespace fn::sandbox
