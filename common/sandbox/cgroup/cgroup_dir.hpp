// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn::sandbox {

// The directory of one group in one hierarchy, held open. Does not remove it.
// Sources: kernel Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/*.rst.
class CgroupDir {
 public:
  // mkdir. Throws busy if the name is in use, unsupported without permission.
  static CgroupDir make(std::string path, int version);
  // One that exists; nothing if it does not.
  static std::optional<CgroupDir> open(std::string path, int version);

  const std::string& path() const { return path_; }
  int version() const { return version_; }
  int fd() const { return dir_.get(); }  // O_PATH

  // Opens a file of the group; none if there is no such file (an older kernel, or the group is gone).
  sys::Fd open_file(const char* name, int flags) const;
  // Writes all of `text` in one call. False if there is no such file.
  bool write(const char* name, std::string_view text) const;
  // The same for a file that the controller always has: throws unsupported if it is missing.
  void set(const char* name, std::string_view text) const;
  // The whole file; nothing if there is no such file.
  std::optional<std::string> read(const char* name) const;

 private:
  CgroupDir(std::string path, int version, sys::Fd dir)
      : path_(std::move(path)), version_(version), dir_(std::move(dir)) {}

  std::string path_;
  int version_;
  sys::Fd dir_;
};

// Up to the first 4 KiB of a file are read at once, so that a small file of /proc or of a group is one read and one
// that says "end". Nothing if it can't be opened; throws failure if it can't be read.
std::optional<std::string> read_small_file(int dir, const char* path);
// The number after "KEY " at the beginning of a line.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key);

// Memory, with no swap on top of it where the kernel accounts for swap. Rounded down to pages by the kernel.
void limit_memory(const CgroupDir& group, Bytes bytes);
// CPUs are seconds of CPU time per second, 0.001 to 100000; throws usage for others.
void limit_cpu(const CgroupDir& group, double cpus);
// Processes and threads.
void limit_pids(const CgroupDir& group, std::uint64_t count);

std::optional<Bytes> memory_usage(const CgroupDir& group);
// Nothing on v2 before Linux 5.19.
std::optional<Bytes> memory_peak(const CgroupDir& group);
// Processes that the kernel killed because the group had no memory left (v1: since Linux 4.13).
std::optional<std::uint64_t> oom_kills(const CgroupDir& group);
// Nothing on v1 if cpuacct is in another hierarchy.
std::optional<std::chrono::microseconds> cpu_time(const CgroupDir& group);

// Freezes or thaws all processes and returns when the kernel confirms it. False if the group has no freezer. Throws
// timeout, and lets them run again, if that takes longer than `patience`; also if they should run but a group above is
// frozen.
bool freeze_group(const CgroupDir& group, std::chrono::milliseconds patience);
bool thaw_group(const CgroupDir& group, std::chrono::milliseconds patience);

// Kills all processes of the group: by cgroup.kill, or one by one until none is left. Zombies do not count. False if
// some are left after `patience`. `killed` counts those that were found.
bool kill_group(const CgroupDir& group, std::chrono::milliseconds patience, std::uint64_t& killed);

// rmdir, retried while the kernel says that it is in use, up to the deadline; false if it still is. A missing directory
// is success. Throws for other errors.
bool remove_group(const std::string& path, std::chrono::steady_clock::time_point deadline);

}  // namespace fn::sandbox
