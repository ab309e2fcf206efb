// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/process_end.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <optional>

namespace fn::function {

// The limits of a sandbox that its supervising process must enforce: its time, and its memory where the host has no
// controller for that (the wall is `approximate`). A caller that waits for events of the sandbox waits until
// next_look() at most, and calls check() whenever it was woken.
class LimitWatch {
 public:
  // The time runs from now on; no timeout, or 0, means no limit. `plan` is the sandbox's, and not kept.
  LimitWatch(const sandbox::Plan& plan, std::optional<std::chrono::milliseconds> timeout);

  // Nothing: there is nothing to watch.
  std::optional<std::chrono::steady_clock::time_point> next_look() const;
  // An idle sandbox, whose caller expects nothing of it, is watched for as long as something runs in it. Once it is at
  // rest there is no next_look(), and only check() looks.
  void set_idle(bool idle);
  // Kills everything in the sandbox if it is over a limit, and returns the reason, also on later calls.
  call::KillReason check(sandbox::Sandbox& sandbox);
  call::KillReason kill_reason() const { return kill_reason_; }
  // How the sandbox's command ended; only after its end. Throws the error of one that did not start.
  call::ProcessEnd end_of_command(sandbox::Sandbox& sandbox) const;

  std::chrono::steady_clock::time_point started() const { return started_; }
  // The limits in force; 0: none.
  const call::Limits& limits() const { return limits_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool is_over_memory(const sandbox::Sandbox& sandbox, Time now);

  Time started_;
  call::Limits limits_;
  bool looks_at_memory_;
  Time next_look_at_memory_;
  bool idle_ = false;
  bool at_rest_ = false;
  std::uint64_t activity_ = 0;  // of the last look
  Time active_at_;              // when it was another one
  call::KillReason kill_reason_ = call::KillReason::none;
};

}  // namespace fn::function
