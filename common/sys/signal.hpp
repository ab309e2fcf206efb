// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace fn::sys {

// Thrown by check_interrupt(): the stack unwinds, temporary files are removed, and cli::run terminates by the signal.
struct Interrupted {
  int signal;
};

// timeout(1) signals a process and then its group, and a terminal that goes away is told by the kernel and by the
// shell: what comes so soon after the first signal is not a second wish.
inline constexpr std::chrono::milliseconds second_signal_after{300};

// SIGINT, SIGTERM and SIGHUP set a flag; a second one, after second_signal_after, kills at once. SIGPIPE keeps its
// default action: it kills silently, as with ls. SIGIO is ignored.
void install_interrupt_handlers();

// Throws Interrupted after a signal. Called in every loop over files, blocks and entries; costs one load.
void check_interrupt();
bool interrupt_pending() noexcept;

// Ends this process by `signal` with its default action, so that the shell sees it.
[[noreturn]] void die_by_signal(int signal);

}  // namespace fn::sys
