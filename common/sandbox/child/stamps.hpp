// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/raw_syscall.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace fn::sandbox {

// When the steps of one process ended. Written between clone and exec, so without allocation; stamps beyond its
// capacity are dropped.
struct Stamps {
  struct Stamp {
    const char* what;
    std::uint64_t at;  // ns of CLOCK_MONOTONIC
  };
  std::array<Stamp, 96> stamps;
  std::size_t count = 0;
  bool wanted = false;  // else none is written: where the clock is a system call, they are a tenth of all calls

  static std::uint64_t now() {
    timespec time{};
    sys::raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000000U + static_cast<std::uint64_t>(time.tv_nsec);
  }
  void add(const char* what) {
    if (wanted && count < stamps.size()) stamps[count++] = {what, now()};
  }
};

}  // namespace fn::sandbox
