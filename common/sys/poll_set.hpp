// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <poll.h>
#include <vector>

namespace fn::run {

using SteadyTime = std::chrono::steady_clock::time_point;

// What one round of the supervisor's loop waits for.
class PollSet {
 public:
  void add(int fd, short events = POLLIN) { watched_.push_back({fd, events, 0}); }
  // The round ends at `time` at the latest.
  void until(SteadyTime time) { until_ = until_ ? std::min(*until_, time) : time; }

  void wait() { poll(watched_.data(), watched_.size(), patience()); }
  // Something happened to `fd`; false for one that was not waited for.
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

}  // namespace fn::run
