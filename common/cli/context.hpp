// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "cli/progress.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace fn::cli {

// The global flags and everything else a verb needs from its environment. Passed in, never global.
struct Context {
  std::string home;                        // FN_HOME, --home or the tool's default, as an absolute path
  std::chrono::milliseconds lock_timeout;  // --lock-timeout
  unsigned jobs = 1;                       // processors that may be used
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool color = false;  // of stdout
  const Clock& clock;
  Progress& progress;

  // "fnimg: note: ..." on stderr; not with -q; with --progress json an object.
  void note(std::string_view message) const { progress.note(message); }
  // note(), for who must not know of this context; it must outlive what it is given to.
  std::function<void(const std::string&)> notes() const {
    return [this](const std::string& message) { note(message); };
  }
};

}  // namespace fn::cli
