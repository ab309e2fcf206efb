// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sandbox/cgroup/cgroup_dir.hpp"
#include "sandbox/cgroup/cgroup_host.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// The purposes of a group.
struct CgroupLimits {
  std::optional<Bytes> memory{};        // without swap
  std::optional<double> cpus{};         // seconds of CPU time per second
  std::optional<std::uint64_t> pids{};  // processes and threads
  bool freezer = false;                 // freeze() and thaw()
  bool track = false;                   // kill(), and cpu_time() without a CPU limit
};

// A group for one sandbox: a directory of the same name in each hierarchy that is needed. The destructor removes it
// unless it was released.
class Cgroup {
 public:
  // Makes the directories and writes the limits; nothing is left behind if that fails. Throws unsupported with the
  // host's reason and remedy if it has no place for something requested, usage for invalid limits, busy if the name is
  // in use. About 200 us for memory, CPUs and pids on version 1.
  static Cgroup make(const CgroupHost& host, const std::string& name, const CgroupLimits& limits);

  // The directories that make() would create, so that a process that removes them can be ready before they exist.
  static std::vector<std::string> paths_for(const CgroupHost& host, const std::string& name,
                                            const CgroupLimits& limits);

  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

  // How a process gets into the group without the kernel's global lock, which takes 7 to 16 ms of an idle machine
  // (it waits for an RCU grace period; cgroup_attach_lock()): it writes "0" to each of these files, of version 1, as
  // its only thread, which takes 30 us each, and it is made with clone3(CLONE_INTO_CGROUP, v2_fd()).
  std::vector<std::string> task_files() const;
  int v2_fd() const;  // -1: there is none

  // Usage of all processes that are or were in the group; nothing where the host does not report it.
  std::optional<Bytes> memory_usage() const;
  std::optional<Bytes> memory_peak() const;
  std::optional<std::chrono::microseconds> cpu_time() const;
  // Processes that were killed because memory ran out.
  std::optional<std::uint64_t> oom_kills() const;

  // SIGKILL to all processes in the group, frozen ones too. False, without effect, if the host has no cgroup.kill.
  bool kill() const;
  // Returns when all processes are frozen, or run again. False if the group has no freezer. Throws timeout after
  // `patience`, with the processes running. A process frozen by version 1 dies of SIGKILL only when it is thawed.
  bool freeze(std::chrono::milliseconds patience = std::chrono::seconds(5)) const;
  bool thaw(std::chrono::milliseconds patience = std::chrono::seconds(5)) const;

  // The directories, for someone else to remove.
  std::vector<std::string> paths() const;
  // Removes the directories, waiting while the last processes exit; false if some are still in use at the end. May be
  // called again.
  bool remove(std::chrono::milliseconds patience);
  // From now on the destructor leaves the directories alone.
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

}  // namespace fn::sandbox
