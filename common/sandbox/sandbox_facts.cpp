// SPDX-License-Identifier: Apache-2.0
// What can be said of a sandbox that runs or has run: what it used, which walls stand, and where its start went.
#include "sandbox/process_tree.hpp"
#include "sandbox/sandbox_impl.hpp"

namespace fn::sandbox {

Sandbox::Usage Sandbox::usage() const {
  Usage usage;
  if (impl_->cgroup) {
    usage.peak_memory = impl_->cgroup->memory_peak();
    usage.oom_kills = oom_kills();
    usage.cpu = impl_->cgroup->cpu_time();
  }
  if (!usage.peak_memory && impl_->ended) {
    usage.peak_memory = Bytes{impl_->ended->record.max_rss_kib} * KiB;
    usage.peak_is_approximate = true;
  }
  if (!usage.cpu && impl_->ended)
    usage.cpu = std::chrono::microseconds(impl_->ended->record.user_us + impl_->ended->record.system_us);
  return usage;
}

std::uint64_t Sandbox::oom_kills() const {
  return impl_->cgroup ? impl_->cgroup->oom_kills().value_or(0) : 0;
}

Footprint Sandbox::footprint() const {
  Footprint total;
  for (const pid_t pid : descendants_of(impl_->init)) {
    const Footprint each = footprint_of(pid);
    total.resident += each.resident;
    total.activity += each.activity;
  }
  return total;
}

std::vector<WallState> Sandbox::walls() const {
  std::vector<WallState> walls = impl_->plan.walls;
  for (WallState& state : walls) {
    if (state.wall == Wall::proc && impl_->launch.proc_refused)
      state = {
          state.wall, WallState::Level::approximate,
          "the kernel refuses a new procfs where the visible one is partly covered; a few of its files are provided"};
    if (impl_->launch.fell.at(static_cast<std::size_t>(state.wall)).load(std::memory_order_relaxed))
      state = {state.wall, WallState::Level::down, "this kernel did not allow it"};
  }
  return walls;
}

bool Sandbox::is_pooled() const {
  return impl_->launch.pooled_network;
}

Timing Sandbox::timing() const {
  Timing timing;
  const auto add = [&](std::string_view by, const Stamps& stamps, std::uint64_t from) {
    for (std::size_t n = 0; n < stamps.count; ++n) {
      const Stamps::Stamp& stamp = stamps.stamps.at(n);
      if (stamp.at >= from && n + (by != "tool") > 0)
        timing.lines.push_back({by, stamp.what, (stamp.at - from) / 1000});
      from = stamp.at;
    }
  };
  if (impl_->times.count == 0) return timing;
  const std::uint64_t begin = impl_->times.stamps.front().at;
  add("tool", impl_->times, begin);
  add("init", impl_->launch.init_times, begin);
  add("command", impl_->launch.command_times, begin);
  const Stamps& command = impl_->launch.command_times;
  if (command.count > 0) timing.to_command_us = (command.stamps.at(command.count - 1).at - begin) / 1000;
  return timing;
}

}  // namespace fn::sandbox
