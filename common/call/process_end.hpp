// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace fn::call {

// Why we killed the process, if we did.
enum class KillReason { none, timeout, out_of_memory };

// How a process ended, judged from outside: it sent no report itself.
struct ProcessEnd {
  enum class Why { exited, killed_by_signal, timeout, out_of_memory, killed };
  Why why = Why::killed;
  int code =
      0;  // of exited: the exit code; otherwise the number of the signal, 0 if it was not the command that got it
};

// Combines what is known about the end of a process:
// `status`     of wait(2); nothing if everything was killed at once and no one was left to wait for the process
// `oom_kills`  how many processes the kernel has killed for the memory limit; called only when needed
// `kill_reason`   why we killed it, if we did
ProcessEnd end_of_process(std::optional<int> status, const std::function<std::uint64_t()>& oom_kills,
                          KillReason kill_reason);

// The same of a command whose memory limit holds for all its processes together: one of them that was killed for it is
// what ended the command, even if that took no notice and exited. Asks for `oom_kills` always.
ProcessEnd end_of_limited_processes(std::optional<int> status, const std::function<std::uint64_t()>& oom_kills,
                                    KillReason kill_reason);

// "exited", "killed_by_signal", "timeout", "out_of_memory", "killed": the reason in JSON.
std::string_view reason_name(ProcessEnd::Why why);
// The exit code of the tool that ran the process: its own code, 124, 137, 128 + signal.
int exit_code(const ProcessEnd& end);

// The limits that messages name.
struct Limits {
  std::chrono::milliseconds timeout{0};
  Bytes memory = 0;
};
// The outcome for a runtime, which must not exit.
Outcome outcome_of_runtime(const ProcessEnd& end, const Limits& limits);
// The outcome for a program that takes one event: exit code 0 is success, any other is the function's own error.
Outcome outcome_of_program(const ProcessEnd& end, const Limits& limits);

}  // namespace fn::call
