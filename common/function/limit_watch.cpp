// SPDX-License-Identifier: Apache-2.0
#include "function/limit_watch.hpp"

#include <algorithm>

namespace fn::function {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two looks there is at least the shortest and at most the longest interval, and in that range the time in
// which the memory that is left below the limit could be filled: no machine hands out more in a second.
constexpr milliseconds shortest_interval{10};
constexpr milliseconds longest_interval{250};
constexpr Bytes most_in_a_second = 4 * GiB;
// A sandbox in which nothing ran for so long is at rest.
constexpr milliseconds until_rest{1000};

milliseconds interval_for(Bytes left) {
  return std::clamp(milliseconds(left / (most_in_a_second / 1000)), shortest_interval, longest_interval);
}

}  // namespace

LimitWatch::LimitWatch(const sandbox::Plan& plan, std::optional<std::chrono::milliseconds> timeout)
    : started_(Clock::now()),
      limits_{.timeout = timeout.value_or(std::chrono::milliseconds(0)), .memory = plan.spec.limits.memory.value_or(0)},
      looks_at_memory_(plan.wall(sandbox::Wall::memory).level == sandbox::WallState::Level::approximate),
      next_look_at_memory_(started_ + shortest_interval),
      active_at_(started_) {}

std::optional<Clock::time_point> LimitWatch::next_look() const {
  if (kill_reason_ != call::KillReason::none) return std::nullopt;
  std::optional<Clock::time_point> next;
  if (limits_.timeout.count() > 0) next = started_ + limits_.timeout;
  if (looks_at_memory_ && !(idle_ && at_rest_))
    next = std::min(next.value_or(next_look_at_memory_), next_look_at_memory_);
  return next;
}

void LimitWatch::set_idle(bool idle) {
  if (idle && !idle_) {
    at_rest_ = false;
    active_at_ = Clock::now();
  }
  idle_ = idle;
}

call::KillReason LimitWatch::check(sandbox::Sandbox& sandbox) {
  if (kill_reason_ != call::KillReason::none) return kill_reason_;
  const Time now = Clock::now();
  if (limits_.timeout.count() > 0 && now >= started_ + limits_.timeout)
    kill_reason_ = call::KillReason::timeout;
  else if (looks_at_memory_ && now >= next_look_at_memory_ && is_over_memory(sandbox, now))
    kill_reason_ = call::KillReason::out_of_memory;
  if (kill_reason_ != call::KillReason::none) sandbox.kill();
  return kill_reason_;
}

bool LimitWatch::is_over_memory(const sandbox::Sandbox& sandbox, Time now) {
  const sandbox::Footprint found = sandbox.footprint();
  if (found.resident > limits_.memory) return true;
  if (found.activity != activity_) active_at_ = now;
  activity_ = found.activity;
  at_rest_ = now - active_at_ >= until_rest;
  next_look_at_memory_ = now + interval_for(limits_.memory - found.resident);
  return false;
}

call::ProcessEnd LimitWatch::end_of_command(sandbox::Sandbox& sandbox) const {
  const sandbox::End& end = *sandbox.end();
  if (end.error) throw Error(*end.error);
  std::optional<int> status;
  if (end.how == sandbox::End::How::command_ended) status = end.record.status;
  // Its init ends it when we were stopped at that time.
  const bool over = !status && limits_.timeout.count() > 0 && Clock::now() >= started_ + limits_.timeout;
  return call::end_of_limited_processes(
      status, [&] { return sandbox.oom_kills(); }, over ? call::KillReason::timeout : kill_reason_);
}

}  // namespace fn::function
