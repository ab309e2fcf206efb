// SPDX-License-Identifier: Apache-2.0
// Why a process is gone, from the three things that can be known of it: its wait status, what the kernel counted in its
// control group, and what we did ourselves. In this order: an exit code is the process's own word and stands, even if
// we were about to kill it; then what we killed it for; then SIGKILL together with an oom kill, which is the kernel's
// way of enforcing a memory limit; then the signal. A limit is that of all processes of a sandbox together, so that for
// the whole of them an oom kill comes first, whoever it met: a shell whose child was killed may well exit with 0.
// Everything that runs functions or commands asks here, so that `fnrun run`, a direct call, an instance and the record
// of a call never say different things of one end.
#include "call/process_end.hpp"

#include "base/error.hpp"

#include <csignal>
#include <sys/wait.h>

namespace fn::call {
namespace {

using Why = ProcessEnd::Why;

// For an end that the process did not cause itself.
Outcome outcome_of_kill(const ProcessEnd& end, const Limits& limits) {
  if (end.why == Why::timeout) return timed_out(limits.timeout);
  if (end.why == Why::out_of_memory) return out_of_memory(memory_text(limits.memory));
  return killed(end.code);
}

}  // namespace

ProcessEnd end_of_process(std::optional<int> status, const std::function<std::uint64_t()>& oom_kills,
                          KillReason kill_reason) {
  // It exited before it could be killed.
  if (status && WIFEXITED(*status)) return {Why::exited, WEXITSTATUS(*status)};
  const int signal = status ? WTERMSIG(*status) : SIGKILL;
  if (kill_reason == KillReason::timeout) return {Why::timeout, signal};
  // The kernel kills with SIGKILL. A process that another signal ended while one beside it was killed for its memory
  // ended for a reason of its own.
  if (kill_reason == KillReason::out_of_memory || (signal == SIGKILL && oom_kills() > 0))
    return {Why::out_of_memory, signal};
  return {status ? Why::killed_by_signal : Why::killed, signal};
}

ProcessEnd end_of_limited_processes(std::optional<int> status, const std::function<std::uint64_t()>& oom_kills,
                                    KillReason kill_reason) {
  const ProcessEnd end = end_of_process(status, oom_kills, kill_reason);
  const bool by_itself = end.why == Why::exited || end.why == Why::killed_by_signal;
  return by_itself && oom_kills() > 0 ? ProcessEnd{Why::out_of_memory, 0} : end;
}

std::string_view reason_name(Why why) {
  switch (why) {
    case Why::exited:
      return "exited";
    case Why::killed_by_signal:
      return "killed_by_signal";
    case Why::timeout:
      return "timeout";
    case Why::out_of_memory:
      return "out_of_memory";
    case Why::killed:
      return "killed";
  }
  return "killed";
}

int exit_code(const ProcessEnd& end) {
  switch (end.why) {
    case Why::exited:
      return end.code;
    case Why::timeout:
      return static_cast<int>(Kind::timeout);
    case Why::out_of_memory:
      return 128 + SIGKILL;
    default:
      return 128 + end.code;
  }
}

Outcome outcome_of_runtime(const ProcessEnd& end, const Limits& limits) {
  return end.why == Why::exited ? exited(end.code) : outcome_of_kill(end, limits);
}

Outcome outcome_of_program(const ProcessEnd& end, const Limits& limits) {
  if (end.why != Why::exited) return outcome_of_kill(end, limits);
  if (end.code == 0) return {};
  return {Status::function_error,
          "Function.ExitStatus",
          fmt::format("the function ended with exit status {}", end.code),
          0,
          {}};
}

}  // namespace fn::call
