// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "sandbox/raw_syscall.hpp"

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// When the steps of one process ended. Written between clone and exec, so without allocation; what is beyond its size
// is lost.
struct Stamps {
  struct Stamp {
    const char* what;
    std::uint64_t at;  // ns of CLOCK_MONOTONIC
  };
  std::array<Stamp, 96> stamps;
  std::size_t count = 0;

  static std::uint64_t now() {
    timespec time{};
    raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000000U + static_cast<std::uint64_t>(time.tv_nsec);
  }
  void add(const char* what) {
    if (count < stamps.size()) stamps[count++] = {what, now()};
  }
};

// The receipt of one start: how long each step took, by whom.
struct Timing {
  struct Line {
    std::string_view by;  // "tool", "init", "command"
    std::string step;
    std::uint64_t us = 0;
  };
  std::vector<Line> lines;
  std::uint64_t to_command_us = 0;  // from the beginning of Sandbox::start() to the command's execve(2)
};

Json to_json(const Timing& timing);
std::string to_text(const Timing& timing);

}  // namespace fn::sandbox
