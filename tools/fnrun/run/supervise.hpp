// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/process_end.hpp"
#include "function/limit_watch.hpp"
#include "function/port_relay.hpp"
#include "run/stream_relay.hpp"
#include "run/terminal.hpp"
#include "sys/fd.hpp"

#include <csignal>
#include <optional>

namespace fn::run {

// The signals to pass on to the command from now on instead of acting on this process. Create it before the sandbox is
// started, so that none gets lost.
class PassedSignals {
 public:
  PassedSignals();
  PassedSignals(const PassedSignals&) = delete;
  ~PassedSignals();
  int fd() const { return fd_.get(); }
  // The next one that came for the command, if any. `terminal`, which may be null, takes what is its own business.
  std::optional<int> next(Terminal* terminal) const;

 private:
  sigset_t before_{};
  sys::Fd fd_;
};

// Waits until the sandbox has ended: passes on signals, connections to its `ports` (null: it has none) and what goes
// through `relay` or, without one, our terminal's input and output, and kills it if it exceeds a limit. Throws the
// error that kept the command from starting.
call::ProcessEnd supervise(sandbox::Sandbox& sandbox, const PassedSignals& signals, function::LimitWatch& limits,
                           StreamRelay* relay, function::PortRelay* ports);

}  // namespace fn::run
