// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fn::run {

// How a run ended, and why.
struct Ending {
  enum class Why { exited, killed_by_signal, timeout, out_of_memory, not_started, killed };
  Why why = Why::killed;
  int code = 0;                // exit code, or number of the signal
  std::optional<Error> error;  // of not_started
  std::chrono::microseconds took{0};
  sandbox::Sandbox::Usage usage;

  // "exited", "out_of_memory": the reason in JSON.
  std::string_view reason() const;
  // What the tool exits with: the program's code, 128 + signal, 124, 137.
  int exit() const;
};

// The signals that are passed on to the command from now on instead of having their effect on us. Made before the
// sandbox is started, so that none gets lost.
class PassedSignals {
 public:
  PassedSignals();
  PassedSignals(const PassedSignals&) = delete;
  ~PassedSignals();
  int fd() const { return fd_.get(); }

 private:
  sigset_t before_{};
  sys::Fd fd_;
};

struct Watch {
  std::optional<std::chrono::milliseconds> timeout = {};  // then everything is killed
  bool terminal = false;                                  // ours is passed on
  std::optional<Bytes> approximate_memory = {};           // enforced by looking, for lack of a memory controller
};

// Stands by until the sandbox has ended.
Ending supervise(sandbox::Sandbox& sandbox, const PassedSignals& signals, const Watch& watch);

}  // namespace fn::run
