// SPDX-License-Identifier: Apache-2.0
// Limits and counters of a group, in the two dialects of versions 1 and 2. The order of writes matters on version 1:
// the limit of memory and swap together can't be below that of memory alone, so it comes second, and a period of CPU
// time comes before the quota that is meant within it.
#include "base/text.hpp"
#include "sandbox/cgroup/cgroup_dir.hpp"

#include <cmath>
#include <fcntl.h>

namespace fn::sandbox {
namespace {

using std::chrono::microseconds;

struct Bandwidth {
  std::uint64_t quota_us;
  std::uint64_t period_us;
};

constexpr std::uint64_t usual_period_us = 100'000;

// The kernel takes quotas from 1 ms and periods up to 1 s (sched-bwc.rst), so that small shares need the long period.
Bandwidth bandwidth_of(double cpus) {
  if (!(cpus >= 0.001 && cpus <= 100'000.0))
    fail_hint(Kind::usage, "give a number of CPUs, such as 0.5 or 2", "cannot limit the CPU to {}", cpus);
  const std::uint64_t period = cpus < 0.01 ? 1'000'000 : usual_period_us;
  return {std::uint64_t(std::llround(cpus * double(period))), period};
}

std::optional<std::uint64_t> number_in(const CgroupDir& group, const char* name) {
  const auto text = group.read(name);
  return text ? parse_uint(trim(*text)) : std::nullopt;
}

// What the group above may use; nothing if that is without limit ("-1").
std::optional<Bandwidth> parent_bandwidth(const CgroupDir& group) {
  const auto quota = number_in(group, "../cpu.cfs_quota_us");
  const auto period = number_in(group, "../cpu.cfs_period_us");
  if (!quota || !period || *period == 0) return std::nullopt;
  return Bandwidth{*quota, *period};
}

// Version 1 refuses a child that may use more than its parent. Such a limit holds without being written.
bool holds_anyway(const CgroupDir& group, const Bandwidth& wanted) {
  const auto parent = parent_bandwidth(group);
  return parent &&
         double(parent->quota_us) / double(parent->period_us) <= double(wanted.quota_us) / double(wanted.period_us);
}

}  // namespace

void limit_memory(const CgroupDir& group, Bytes bytes) {
  const std::string text = std::to_string(bytes);
  if (group.version() == 2) {
    group.set("memory.max", text);
    group.write("memory.swap.max", "0");
  } else {
    group.set("memory.limit_in_bytes", text);
    // Memory and swap together: must not be less than memory alone, hence second. Missing if swap is not counted.
    group.write("memory.memsw.limit_in_bytes", text);
  }
}

void limit_cpu(const CgroupDir& group, double cpus) {
  const Bandwidth wanted = bandwidth_of(cpus);
  if (group.version() == 2) {
    group.set("cpu.max", fmt::format("{} {}", wanted.quota_us, wanted.period_us));
    return;
  }
  if (wanted.period_us != usual_period_us) group.set("cpu.cfs_period_us", std::to_string(wanted.period_us));
  try {
    group.set("cpu.cfs_quota_us", std::to_string(wanted.quota_us));
  } catch (const Error&) {
    if (!holds_anyway(group, wanted)) throw;
  }
}

void limit_pids(const CgroupDir& group, std::uint64_t count) {
  group.set("pids.max", std::to_string(count));
}

std::optional<Bytes> memory_usage(const CgroupDir& group) {
  return number_in(group, group.version() == 2 ? "memory.current" : "memory.usage_in_bytes");
}

std::optional<Bytes> memory_peak(const CgroupDir& group) {
  return number_in(group, group.version() == 2 ? "memory.peak" : "memory.max_usage_in_bytes");
}

std::optional<std::uint64_t> oom_kills(const CgroupDir& group) {
  const auto text = group.read(group.version() == 2 ? "memory.events" : "memory.oom_control");
  return text ? number_of(*text, "oom_kill") : std::nullopt;
}

std::optional<microseconds> cpu_time(const CgroupDir& group) {
  if (group.version() == 2) {
    const auto text = group.read("cpu.stat");
    const auto used = text ? number_of(*text, "usage_usec") : std::nullopt;
    return used ? std::optional(microseconds(*used)) : std::nullopt;
  }
  const auto nanoseconds = number_in(group, "cpuacct.usage");
  return nanoseconds ? std::optional(microseconds(*nanoseconds / 1000)) : std::nullopt;
}

}  // namespace fn::sandbox
