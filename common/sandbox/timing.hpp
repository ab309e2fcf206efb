// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// The timing of one start: how long each step took, and in which process.
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
