// SPDX-License-Identifier: Apache-2.0
#include "supervisor/debugged_time.hpp"

#include <algorithm>
#include <utility>

namespace fn::run {

DebuggedTime::Duration DebuggedTime::look(sys::SteadyTime now, bool connected) {
  const sys::SteadyTime before = std::exchange(looked_at_, now);
  if (connected) {
    if (!connected_since_) connected_since_ = before;
    if (now - *connected_since_ >= least_session) has_come_ = true;
  } else {
    connected_since_.reset();
  }
  return connected || !has_come_ ? now - before : Duration(0);
}

sys::SteadyTime after_standstill(sys::SteadyTime moment, DebuggedTime::Duration still, sys::SteadyTime now) {
  return std::min(moment + still, std::max(moment, now));
}

}  // namespace fn::run
