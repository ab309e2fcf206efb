// SPDX-License-Identifier: Apache-2.0
#include "state/home.hpp"

#include "base/error.hpp"

#include <cstdlib>
#include <unistd.h>

namespace fn::state {

std::string default_home() {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (std::string home = environment("FN_HOME"); !home.empty()) return home;
  if (geteuid() == 0) return "/var/lib/fn";
  // XDG Base Directory Specification: a relative path is to be ignored.
  if (const std::string data = environment("XDG_DATA_HOME"); data.starts_with('/')) return data + "/fn";
  const std::string home = environment("HOME");
  if (home.empty()) fail_hint(Kind::usage, "give --home or FN_HOME", "no directory for the state: HOME is not set");
  return home + "/.local/share/fn";
}

}  // namespace fn::state
