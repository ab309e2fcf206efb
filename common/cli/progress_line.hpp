// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <chrono>
#include <string>

namespace fn::cli {

struct ProgressState {
  std::string phase;  // printable
  Bytes bytes = 0;
  Bytes total = 0;  // 0: not known
  std::chrono::nanoseconds elapsed{0};
};

struct ProgressCanvas {
  int width = 79;  // columns available
  bool utf8 = false;
};

// One line of at most `width` columns: the phase, a bar and a percentage if the total is known, bytes and bytes a
// second. What does not fit is left out: first the bar, then the rate; finally the phase is truncated.
std::string progress_line(const ProgressState& state, const ProgressCanvas& canvas);

}  // namespace fn::cli
