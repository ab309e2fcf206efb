// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// Where child groups for one purpose can be made.
struct CgroupPlace {
  int version = 0;          // 1 or 2; 0: nowhere, and `reason` says why
  std::string directory{};  // in which they are created: our own group, on v2 perhaps the one above
  bool enable = false;  // v2: the controller is not yet in the directory's cgroup.subtree_control, but may be put there
  std::string reason{};  // in words; empty if version is not 0
  std::string remedy{};  // a shell command that fixes it, or empty

  explicit operator bool() const { return version != 0; }
};

// What this process may do with control groups, per controller: on hybrid hosts some are in version 1, some in 2. All
// places of version 2 are the same directory, because a process is in one group of version 2.
struct CgroupHost {
  CgroupPlace memory;
  CgroupPlace cpu;
  CgroupPlace pids;
  CgroupPlace freezer;
  CgroupPlace track;  // a group of version 2, with or without controllers: CPU time, and kill() if `kill`
  bool kill = false;  // the kernel has cgroup.kill (5.14)

  std::array<const CgroupPlace*, 5> places() const { return {&memory, &cpu, &pids, &freezer, &track}; }
};

// The input of detection. Tests pass made-up texts, and a directory that stands for "/" as `prefix`.
struct CgroupFacts {
  std::string cgroup;     // /proc/self/cgroup, cgroups(7)
  std::string mountinfo;  // /proc/self/mountinfo, proc(5)
  std::string release;    // uname -r
  std::string prefix{};   // prepended to each mount point
  bool systemd = false;   // it manages this host (sd_booted(3)); remedies depend on it
  unsigned uid = 0;       // for remedies
};

// Reads the facts about this process and tests what it may write to, without changing anything. Throws failure if /proc
// can't be read. 30 to 60 us.
CgroupHost detect_cgroups();
CgroupHost detect_cgroups(std::string mountinfo);
CgroupHost detect_cgroups(const CgroupFacts& facts);

// A line of /proc/self/cgroup: of version 2 if it names no controllers ("0::/path").
struct CgroupMember {
  std::vector<std::string_view> controllers;  // "memory", "cpu", "name=systemd"
  std::string_view path;                      // seen from the root of our cgroup namespace
};
// The views point into `text`. Malformed lines are skipped.
std::vector<CgroupMember> parse_cgroup_members(std::string_view text);

// A mount of a hierarchy.
struct CgroupMount {
  int version = 0;
  std::string root;   // the group that is seen at `point`; from the root of our cgroup namespace
  std::string point;  // unescaped
  bool read_only = false;
  std::vector<std::string_view> options;  // of the file system; names the controllers of version 1
};
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

}  // namespace fn::sandbox
