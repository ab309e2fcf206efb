// SPDX-License-Identifier: Apache-2.0
#include "call_end.hpp"

#include "base/text.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/replies.hpp"

#include <csignal>
#include <sys/wait.h>

namespace fn::run {
namespace {

lambda::Outcome of_signal(const Death& death) {
  if (death.out_of_memory) return lambda::out_of_memory(human_bytes(death.memory_limit));
  return lambda::killed(WTERMSIG(death.status));
}

routing::Status status_of(lambda::Status status) {
  using lambda::Status;
  switch (status) {
    case Status::success:
      return routing::Status::ok;
    case Status::timeout:
      return routing::Status::timeout;
    case Status::out_of_memory:
      return routing::Status::out_of_memory;
    case Status::killed_by_signal:
      return routing::Status::killed;
    case Status::init_error:
    case Status::init_timeout:
      return routing::Status::init_error;
    case Status::bad_image:
    case Status::not_executable:
    case Status::missing_bootstrap:
    case Status::event_too_large:
    case Status::throttled:
      return routing::Status::not_started;
    default:
      return routing::Status::error;
  }
}

std::uint8_t digit_of(char letter) {
  return static_cast<std::uint8_t>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
}

// Hexadecimal digits, "-" between them skipped.
template <std::size_t size>
void read_hex(std::string_view text, std::array<std::uint8_t, size>& bytes) {
  std::size_t digits = 0;
  for (const char letter : text) {
    if (letter == '-' || digits == 2 * size) continue;
    std::uint8_t& byte = bytes.at(digits / 2);
    byte = static_cast<std::uint8_t>((byte << 4U) | digit_of(letter));
    ++digits;
  }
}

routing::Outcome outcome_for(const Recorded& of) {
  routing::Outcome outcome;
  outcome.function = routing::function_key(of.function);
  if (!of.image.empty()) read_hex(std::string_view(of.image.str()).substr(of.image.str().find(':') + 1), outcome.image);
  read_hex(of.instance, outcome.instance);
  outcome.started_at = std::chrono::system_clock::now().time_since_epoch();
  return outcome;
}

}  // namespace

lambda::Outcome outcome_of_runtime(const Death& death) {
  return WIFEXITED(death.status) ? lambda::exited(WEXITSTATUS(death.status)) : of_signal(death);
}

lambda::Outcome outcome_of_program(const Death& death) {
  if (!WIFEXITED(death.status)) return of_signal(death);
  const int code = WEXITSTATUS(death.status);
  if (code == 0) return {};
  return {lambda::Status::function_error,
          "Function.ExitStatus",
          fmt::format("the function ended with exit status {}", code),
          0,
          {}};
}

lambda::Outcome response_too_large(Bytes limit) {
  constexpr std::string_view type = "Function.ResponseSizeTooLarge";
  return lambda::reported(
      type, lambda::error_json(
                type, fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", limit)));
}

lambda::Outcome init_timed_out(std::chrono::milliseconds limit) {
  return {lambda::Status::init_timeout,
          "Sandbox.Timedout",
          fmt::format("the runtime asked for no event within {}", human_duration(limit)),
          0,
          {}};
}

void record_call(routing::OutcomeLog& log, const Recorded& of, const instance::CallResult& result,
                 std::chrono::system_clock::time_point started) {
  if (of.function.empty()) return;
  routing::Outcome outcome = outcome_for(of);
  outcome.status = status_of(lambda::outcome_of(result.outcome).status);
  read_hex(result.request_id, outcome.request);
  outcome.started_at = started.time_since_epoch();
  outcome.duration = result.duration;
  outcome.init = result.init.value_or(std::chrono::microseconds(0));
  outcome.billed = std::chrono::ceil<std::chrono::milliseconds>(result.duration);
  outcome.peak_memory = result.peak_memory.value_or(0);
  // The call is over; that it can't be recorded must not make it fail.
  (void)log.append(outcome);
}

void record_not_started(routing::OutcomeLog& log, const Recorded& of) {
  if (of.function.empty()) return;
  routing::Outcome outcome = outcome_for(of);
  outcome.status = routing::Status::not_started;
  (void)log.append(outcome);
}

std::string report_line(const instance::CallResult& result) {
  std::string line = lambda::report_line({.id = result.request_id,
                                          .init_duration = result.init,
                                          .duration = result.duration,
                                          .timeout = result.timeout,
                                          .memory_size = result.memory_limit,
                                          .max_memory_used = result.peak_memory.value_or(0)});
  if (result.peak_is_approximate) line.insert(line.size() - 2, " (approximate)");
  return line;
}

}  // namespace fn::run
