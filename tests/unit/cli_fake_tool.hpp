// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

// A tool whose verb "make" has effects and every kind of flag, "show" writes raw bytes, "fail" goes wrong in the way
// that is asked for, "run" takes a command line, and "box" is a group of two.
fn::cli::App app();

struct World {
  std::map<std::string, std::string> environment = {};
  std::string stdout_path = {};  // instead of what is collected
  bool stdout_closed = false;
  int terminal_columns = 0;  // stdout and stderr are a terminal of this width, and what it shows is in `out`
};

struct Outcome {
  int code = 0;  // 256 + n: killed by signal n
  std::string out;
  std::string err;
};

// Runs the tool in a process of its own.
Outcome run(const std::vector<std::string>& words, const World& world = {});

// What the tool says on stderr about words that it refuses; checks that it does, with nothing on stdout.
std::string complaint(const std::vector<std::string>& words, const World& world = {});

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace fake
