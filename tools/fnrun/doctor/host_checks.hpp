// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fn::run {

// What this host has of something that sandboxes use.
struct Check {
  enum class Level {
    ok,
    degraded,  // a wall is weaker, or done by other means
    missing,   // not there
  };
  std::string name;  // one word, for scripts
  Level level = Level::ok;
  std::string found = {};   // in words
  std::string means = {};   // for whoever runs functions; empty if ok
  std::string remedy = {};  // a command for a shell that mends it, or empty
};

std::string_view level_name(Check::Level level);

// Looks at everything and tries it out, in children that are gone afterwards; some 20 ms. The last one, "sandbox", is a
// whole start: if it is ok 'fnrun run' works. `pool` is the directory of pool_directory().
std::vector<Check> check_host(const std::string& pool);

}  // namespace fn::run
