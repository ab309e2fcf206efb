// SPDX-License-Identifier: Apache-2.0
// To freeze, thaw and kill all processes of a group. All three are wishes that the kernel fulfils later, so each
// function asks until it is so, or the caller's patience is over. A group must never be left half frozen: a freeze
// that is not complete in time is taken back.
#include "base/text.hpp"
#include "sandbox/cgroup/cgroup_dir.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fn::sandbox {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Asks again, ever less often, until the answer is yes or the time is over.
template <typename Ask>
bool comes_true(milliseconds patience, const Ask& ask) {
  const auto deadline = steady_clock::now() + patience;
  auto pause = 20us;
  while (!ask()) {
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, 2ms);
  }
  return true;
}

std::optional<std::uint64_t> frozen_in(int events) {
  std::array<char, 512> text{};
  const ssize_t got = pread(events, text.data(), text.size(), 0);
  return got > 0 ? number_of({text.data(), std::size_t(got)}, "frozen") : std::nullopt;
}

// cgroup-v2.rst: the state is reached when cgroup.events says so, and a change of that file is an exceptional
// condition.
bool reach_v2(const CgroupDir& group, bool frozen, milliseconds patience) {
  const sys::Fd events = group.open_file("cgroup.events", O_RDONLY);
  if (!group.write("cgroup.freeze", frozen ? "1" : "0") || !events) return false;
  const auto deadline = steady_clock::now() + patience;
  while (frozen_in(events.get()) != std::uint64_t(frozen)) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= 0ms)
      fail(Kind::timeout, "timed out waiting for group '{}' to be {}", printable(group.path()),
           frozen ? "frozen" : "running");
    pollfd waiting{.fd = events.get(), .events = POLLPRI, .revents = 0};
    poll(&waiting, 1, int(left.count()));
  }
  return true;
}

// cgroup-v1/freezer-subsystem.rst: FREEZING lasts until all processes stand still; each read tries again.
bool reach_v1(const CgroupDir& group, bool frozen, milliseconds patience) {
  const std::string_view wanted = frozen ? "FROZEN" : "THAWED";
  if (!group.write("freezer.state", wanted)) return false;
  const bool reached = comes_true(patience, [&] {
    const auto state = group.read("freezer.state");
    return state && trim(*state) == wanted;
  });
  if (!reached)
    fail(Kind::timeout, "timed out waiting for group '{}' to be {}", printable(group.path()),
         frozen ? "frozen" : "running");
  return true;
}

bool reach(const CgroupDir& group, bool frozen, milliseconds patience) {
  return group.version() == 2 ? reach_v2(group, frozen, patience) : reach_v1(group, frozen, patience);
}

std::vector<pid_t> processes_of(const CgroupDir& group) {
  std::vector<pid_t> pids;
  for (const std::string& line : split(group.read("cgroup.procs").value_or(""), '\n'))
    // 0: a process of a pid namespace that we can't see.
    if (const auto pid = parse_uint(line); pid && *pid > 0) pids.push_back(pid_t(*pid));
  return pids;
}

// A number may pass to a stranger between the reading and the signal. So: hold each process first, look which numbers
// are still in the group, and only then signal what is held.
void kill_each(const CgroupDir& group, const std::vector<pid_t>& pids) {
  std::vector<sys::Fd> held;
  held.reserve(pids.size());
  for (const pid_t pid : pids) held.emplace_back(int(syscall(SYS_pidfd_open, pid, 0)));
  const std::vector<pid_t> still = processes_of(group);
  for (std::size_t i = 0; i < pids.size(); ++i) {
    if (!held[i] || std::find(still.begin(), still.end(), pids[i]) == still.end()) continue;
    syscall(SYS_pidfd_send_signal, held[i].get(), SIGKILL, nullptr, 0);
  }
}

}  // namespace

bool freeze_group(const CgroupDir& group, milliseconds patience) {
  try {
    return reach(group, true, patience);
  } catch (const Error&) {
    // A group must not stay half frozen.
    group.write(group.version() == 2 ? "cgroup.freeze" : "freezer.state", group.version() == 2 ? "0" : "THAWED");
    throw;
  }
}

bool thaw_group(const CgroupDir& group, milliseconds patience) {
  return reach(group, false, patience);
}

bool kill_group(const CgroupDir& group, milliseconds patience, std::uint64_t& killed) {
  constexpr std::size_t at_once = 256;  // descriptors
  bool first = true;
  return comes_true(patience, [&] {
    std::vector<pid_t> pids = processes_of(group);
    if (std::exchange(first, false)) killed += pids.size();
    if (pids.empty()) return true;
    if (group.write("cgroup.kill", "1")) return false;
    if (pids.size() > at_once) pids.resize(at_once);
    kill_each(group, pids);
    // Frozen processes of version 1 die only when they run again.
    group.write("freezer.state", "THAWED");
    return false;
  });
}

}  // namespace fn::sandbox
