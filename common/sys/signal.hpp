// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sys {

// Thrown by check_interrupt() on the way out: the stack unwinds, temporary things go, and cli::run dies by the signal.
struct Interrupted {
  int signal;
};

// SIGINT, SIGTERM and SIGHUP set a flag; a second one kills at once. SIGPIPE keeps its default: it kills silently, as
// it kills ls. SIGIO is ignored.
void install_interrupt_handlers();

// Throws Interrupted once a signal came. Called in every loop over files, blocks and entries; costs one load.
void check_interrupt();
bool interrupt_pending() noexcept;

// Ends this process by `signal` with its default action, so that the shell sees it.
[[noreturn]] void die_by_signal(int signal);

}  // namespace fn::sys
