// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sandbox/cgroup_dir.hpp"
#include "sandbox/cgroup_host.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// What a group is for.
struct CgroupLimits {
  std::optional<Bytes> memory{};        // without swap
  std::optional<double> cpus{};         // seconds of CPU time per second
  std::optional<std::uint64_t> pids{};  // processes and threads
  bool freezer = false;                 // freeze() and thaw()
  bool track = false;                   // kill(), and cpu_time() without a CPU limit
};

// A group for one sandbox: a directory of the same name in each hierarchy that is needed. The destructor removes what
// was not released.
class Cgroup {
 public:
  // Makes the directories and writes the limits; nothing is left behind if that fails. Throws unsupported with the
  // host's reason and remedy if it has no place for something that was asked for, usage for limits that make no sense,
  // busy if the name is taken. About 200 us for memory, CPUs and pids on version 1.
  static Cgroup make(const CgroupHost& host, const std::string& name, const CgroupLimits& limits);

  // The directories that make() would make, so that somebody who removes them can stand by before they are there.
  static std::vector<std::string> paths_for(const CgroupHost& host, const std::string& name,
                                            const CgroupLimits& limits);

  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

  // How a process comes to be in the group without the kernel's global lock, which takes 7 to 16 ms of an idle machine
  // (it waits for an RCU grace period; cgroup_attach_lock()): it writes "0" to each of these files, of version 1, as
  // its only thread, which takes 30 us each, and it is made with clone3(CLONE_INTO_CGROUP, v2_fd()).
  std::vector<std::string> task_files() const;
  int v2_fd() const;  // -1: there is none

  // What was used, by all processes that are or were in the group; nothing where the host does not tell.
  std::optional<Bytes> memory_usage() const;
  std::optional<Bytes> memory_peak() const;
  std::optional<std::chrono::microseconds> cpu_time() const;
  // Processes that were killed for want of memory.
  std::optional<std::uint64_t> oom_kills() const;

  // SIGKILL to all processes in the group, frozen ones too. False if the host has no cgroup.kill: then nothing is done.
  bool kill() const;
  // Returns when all processes stand still, or run again. False if the group has no freezer. Throws timeout after
  // `patience`; they run then. What version 1 has frozen dies of SIGKILL only when it is thawed.
  bool freeze(std::chrono::milliseconds patience = std::chrono::seconds(5)) const;
  bool thaw(std::chrono::milliseconds patience = std::chrono::seconds(5)) const;

  // The directories, for somebody else to remove.
  std::vector<std::string> paths() const;
  // Removes the directories, waiting while the last processes go; false if some are still in use at the end. May be
  // called again.
  bool remove(std::chrono::milliseconds patience);
  // The destructor leaves the directories alone from now on.
  void release() { released_ = true; }

 private:
  Cgroup() = default;
  int enter(const CgroupPlace& place, const std::string& name);
  const CgroupDir* at(int index) const { return index < 0 ? nullptr : &dirs_[std::size_t(index)]; }

  std::vector<CgroupDir> dirs_;  // version 2 last
  int memory_ = -1;              // indices into dirs_
  int freezer_ = -1;
  bool released_ = false;
};

// A name that says whose the group is: "fn-PID-START-NAMESPACES-TAIL", with the start time of the process (field 22 of
// /proc/PID/stat) and the pid and time namespaces in which both are meant. `tail` is letters, digits, "." and "-".
// Throws not_found if there is no process `owner`.
std::string cgroup_name(std::string_view tail, pid_t owner = 0);

struct SweptCgroups {
  std::uint64_t removed = 0;  // directories
  std::uint64_t killed = 0;   // processes found in them
  std::uint64_t left = 0;     // directories that could not be emptied or removed in time
};
// Removes the groups whose owner is gone from all places of the host, after killing what is in them. Groups with a
// living owner, with one in other namespaces, and with other names are left alone. `patience` is for each group.
SweptCgroups sweep_cgroups(const CgroupHost& host, std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace fn::sandbox
