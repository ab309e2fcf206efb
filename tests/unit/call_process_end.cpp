// SPDX-License-Identifier: Apache-2.0
#include "call/process_end.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace fn;
using call::KillReason;
using call::ProcessEnd;
using Why = ProcessEnd::Why;
using namespace std::chrono_literals;

namespace {

// As wait(2) has them.
constexpr int exit_status(int code) {
  return code << 8;
}
constexpr int signal_status(int signal) {
  return signal;
}

std::string end_of(std::optional<int> status, std::uint64_t oom_kills = 0, KillReason kill_reason = KillReason::none) {
  const ProcessEnd end = call::end_of_process(
      status, [=] { return oom_kills; }, kill_reason);
  return fmt::format("{} {}, exit {}", call::reason_name(end.why), end.code, call::exit_code(end));
}

}  // namespace

TEST_CASE("an exit code is the process's own word, whatever happened around it") {
  CHECK(end_of(exit_status(0)) == "exited 0, exit 0");
  CHECK(end_of(exit_status(7), 1) == "exited 7, exit 7");
  CHECK(end_of(exit_status(7), 0, KillReason::timeout) == "exited 7, exit 7");
}

TEST_CASE("a signal is one of the kernel's, of ours or of somebody else") {
  CHECK(end_of(signal_status(SIGSEGV)) == "killed_by_signal 11, exit 139");
  CHECK(end_of(signal_status(SIGKILL)) == "killed_by_signal 9, exit 137");
  CHECK(end_of(signal_status(SIGKILL), 1) == "out_of_memory 9, exit 137");
  CHECK(end_of(signal_status(SIGKILL), 0, KillReason::out_of_memory) == "out_of_memory 9, exit 137");
  CHECK(end_of(signal_status(SIGKILL), 1, KillReason::timeout) == "timeout 9, exit 124");
  // The kernel killed another process for its memory; this one had a reason of its own.
  CHECK(end_of(signal_status(SIGSEGV), 1) == "killed_by_signal 11, exit 139");
}

TEST_CASE("a limit of all processes together was hit, whoever was killed for it") {
  const auto end_of_all = [](std::optional<int> status, std::uint64_t oom_kills,
                             KillReason kill_reason = KillReason::none) {
    const ProcessEnd end = call::end_of_limited_processes(
        status, [=] { return oom_kills; }, kill_reason);
    return fmt::format("{} {}, exit {}", call::reason_name(end.why), end.code, call::exit_code(end));
  };
  CHECK(end_of_all(exit_status(0), 0) == "exited 0, exit 0");
  CHECK(end_of_all(exit_status(0), 1) == "out_of_memory 0, exit 137");
  CHECK(end_of_all(exit_status(7), 2) == "out_of_memory 0, exit 137");
  CHECK(end_of_all(signal_status(SIGABRT), 1) == "out_of_memory 0, exit 137");
  CHECK(end_of_all(signal_status(SIGKILL), 1) == "out_of_memory 9, exit 137");
  CHECK(end_of_all(signal_status(SIGKILL), 1, KillReason::timeout) == "timeout 9, exit 124");
  CHECK(end_of_all(std::nullopt, 1) == "out_of_memory 9, exit 137");
}

TEST_CASE("without a wait status everything was killed at once") {
  CHECK(end_of(std::nullopt) == "killed 9, exit 137");
  CHECK(end_of(std::nullopt, 1) == "out_of_memory 9, exit 137");
  CHECK(end_of(std::nullopt, 0, KillReason::timeout) == "timeout 9, exit 124");
}

TEST_CASE("the kernel's count is asked only where it matters") {
  int asked = 0;
  const auto count = [&] {
    ++asked;
    return std::uint64_t{0};
  };
  call::end_of_process(exit_status(0), count, KillReason::none);
  call::end_of_process(signal_status(SIGTERM), count, KillReason::none);
  call::end_of_process(signal_status(SIGKILL), count, KillReason::timeout);
  CHECK(asked == 0);
  call::end_of_process(signal_status(SIGKILL), count, KillReason::none);
  CHECK(asked == 1);
}

TEST_CASE("an end becomes the outcome of a program or of a runtime") {
  const call::Limits limits{.timeout = 3s, .memory = 128 * MiB};
  using call::Status;
  CHECK(call::outcome_of_program({Why::exited, 0}, limits).status == Status::success);
  const call::Outcome seven = call::outcome_of_program({Why::exited, 7}, limits);
  CHECK(seven.status == Status::function_error);
  CHECK(seven.error_type == "Function.ExitStatus");
  CHECK(seven.message == "the function ended with exit status 7");
  CHECK(call::outcome_of_runtime({Why::exited, 0}, limits).status == Status::exited);
  for (const auto& outcome_of : {call::outcome_of_program, call::outcome_of_runtime}) {
    CHECK(outcome_of({Why::killed_by_signal, SIGSEGV}, limits).signal == SIGSEGV);
    CHECK(outcome_of({Why::killed, SIGKILL}, limits).status == Status::killed_by_signal);
    CHECK(outcome_of({Why::out_of_memory, SIGKILL}, limits).message ==
          call::out_of_memory(memory_text(limits.memory)).message);
    CHECK(outcome_of({Why::timeout, SIGKILL}, limits).message == "Task timed out after 3.00 seconds");
  }
}
