// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace fn::call {

// How an invocation ended. The exit code of `fnrun invoke` and the HTTP status of the invoke endpoint:
//
//   status              exit    HTTP   what happened
//   success             0       200    the function answered
//   function_error      1       502    the function reported an error, or its runtime broke the answer off
//   event_too_large     20      413    the event is over 6 MiB; the function was not asked
//   response_too_large  21      502    the answer is over 6 MiB + 100 bytes, streamed over 20 MiB
//   init_error          22      500    the runtime or an extension failed before its first event
//   exited              23      502    the program ended without an answer (its own exit code is in the message)
//   throttled           24      429    the concurrency limit is reached
//   extension_error     25      502    an extension failed or died during the invocation
//   init_timeout        26      504    the runtime asked for no event in time
//   timeout             124     504    the deadline of the event passed
//   not_started         125     500    the host kept it from starting: a full disk, a mount whose source is gone
//   bad_image           125     500    the image cannot be used
//   not_executable      126     500    the bootstrap exists but cannot be executed
//   missing_bootstrap   127     500    there is no bootstrap
//   killed_by_signal    128+n   502    the program died by signal n
//   out_of_memory       137     507    it was killed at the memory limit
//
// SIGKILL is signal 9: `status` tells the last two apart, and those of 125.
// 2 to 8 and 70 keep the meaning that they have in the whole suite (fn(7)): a failure of the tool, not of the function.
enum class Status {
  success,
  function_error,
  event_too_large,
  response_too_large,
  init_error,
  exited,
  throttled,
  extension_error,
  init_timeout,
  timeout,
  not_started,
  bad_image,
  not_executable,
  missing_bootstrap,
  killed_by_signal,
  out_of_memory,
};

// "success", "function_error", ..: the word in JSON.
std::string_view status_name(Status status);

struct Outcome {
  Status status = Status::success;
  std::string error_type;  // the function's own word, or for what it can't say itself: "Runtime.ExitError"
  std::string message;
  int signal = 0;  // with killed_by_signal
  // What the function reported, passed on unchanged; empty: built from type and message.
  std::string body;
};

// Outcomes that the supervisor states itself, with the service's error types and messages.
Outcome timed_out(std::chrono::milliseconds timeout);
Outcome exited(int code);
Outcome killed(int signal);
std::string signal_text(int signal);  // "signal: SIGKILL"
Outcome out_of_memory(std::string_view limit);
Outcome missing_bootstrap();
Outcome response_too_large(Bytes limit);
Outcome init_timed_out(std::chrono::milliseconds limit);
// Of a function's or runtime's own report (ErrorReport): `type` decides between function_error and response_too_large.
// The outcome's type and message are those of the body, if it has them; else the type is `said`, as it came, or `type`.
Outcome reported(std::string_view type, std::string body, std::string_view said = {});

int exit_code(const Outcome& outcome);
unsigned http_status(const Outcome& outcome);
// Who is at fault, in the service's terms: a function that reported its error itself (handled) or did not (unhandled);
// none if the function was not at fault.
enum class Fault { none, handled, unhandled };
Fault fault_of(const Outcome& outcome);
// {"errorMessage":..,"errorType":..}, as the service, runtimes and functions report errors.
std::string error_json(std::string_view type, std::string_view message);
// The same for an outcome other than success; what the function reported takes precedence.
std::string error_body(const Outcome& outcome);
// For people: "TYPE: MESSAGE", perhaps of several lines, the further ones set in.
std::string error_words(const Outcome& outcome);
// For people too: what the function reported, with its stack trace, in whole lines, which are set in but for the first
// of a JSON object; "" if the words say it all.
std::string error_report(const Outcome& outcome);
// {"status", "error_type", "message", "signal", "exit"}; absent where there is nothing to say.
Json to_json(const Outcome& outcome);
// The same with "body", if the function reported one.
Json to_json_with_body(const Outcome& outcome);
// Reads either. Throws integrity.
Outcome outcome_of(const Json& json);

}  // namespace fn::call
