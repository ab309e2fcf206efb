// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/poll_set.hpp"

#include <chrono>
#include <optional>

namespace fn::run {

// How time passes in an instance with a debugger: not before one has come, and not while one is there. Clients look
// whether there is anything to connect to, and go at once; a connection of less than a second is none of a debugger.
class DebuggedTime {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::chrono::seconds least_session{1};

  explicit DebuggedTime(sys::SteadyTime now) : looked_at_(now) {}

  // To be called for every change of `connected`: what it is now, and has been since the last look. How much time there
  // was since then in which none passed.
  Duration look(sys::SteadyTime now, bool connected);

 private:
  sys::SteadyTime looked_at_;
  std::optional<sys::SteadyTime> connected_since_;
  bool has_come_ = false;
};

// A moment that time is counted from, once `still` did not count: what began in the middle of that began just now, and
// has not taken less than nothing.
sys::SteadyTime after_standstill(sys::SteadyTime moment, DebuggedTime::Duration still, sys::SteadyTime now);

}  // namespace fn::run
