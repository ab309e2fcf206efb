// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fn::run {

// The state of one feature that sandboxes use.
struct Check {
  enum class Level {
    ok,
    degraded,  // a wall is weaker, or implemented by other means
    missing,   // not available
  };
  std::string name;  // one word, for scripts
  Level level = Level::ok;
  std::string found = {};   // in words
  std::string means = {};   // the consequence for functions; empty if ok
  std::string remedy = {};  // a shell command that fixes it, or empty
};

std::string_view level_name(Check::Level level);

// Inspects and tries everything, in short-lived children; takes about 20 ms. The last check, "sandbox", is a complete
// start: if it is ok, 'fnrun run' works. `pool` is the directory of pool_directory().
std::vector<Check> check_host(const std::string& pool);

}  // namespace fn::run
