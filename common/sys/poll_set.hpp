// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <poll.h>
#include <vector>

namespace fn::sys {

using SteadyTime = std::chrono::steady_clock::time_point;

// What one iteration of a loop waits for: descriptors, and a deadline.
class PollSet {
 public:
  void add(int fd, short events = POLLIN) { watched_.push_back({fd, events, 0}); }
  // The wait ends at `time` at the latest.
  void until(SteadyTime time) { until_ = until_ ? std::min(*until_, time) : time; }
  void until(const std::optional<SteadyTime>& time) {
    if (time) until(*time);
  }

  // Returns early when a signal was handled.
  void wait() { poll(watched_.data(), watched_.size(), patience()); }
  // Something happened on `fd`; false for one that was not in the set.
  bool is_ready(int fd) const {
    return std::any_of(watched_.begin(), watched_.end(),
                       [&](const pollfd& each) { return each.fd == fd && each.revents != 0; });
  }

 private:
  int patience() const {
    if (!until_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000));
  }

  std::vector<pollfd> watched_;
  std::optional<SteadyTime> until_;
};

}  // namespace fn::sys
