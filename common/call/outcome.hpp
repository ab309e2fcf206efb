// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace fn::lambda {

// How an invocation ended. The exit code of `fnrun invoke` and the HTTP status of the invoke endpoint:
//
//   status              exit    HTTP   what happened
//   success             0       200    the function answered
//   function_error      1       502    the function reported an error, or its runtime broke the answer off
//   event_too_large     20      413    the event is over 6 MiB; the function was not asked
//   response_too_large  21      502    the answer is over 6 MiB + 100 bytes, streamed over 20 MiB
//   init_error          22      500    the runtime or an extension failed before its first event
//   exited              23      502    the program ended without an answer (its own exit code is in the message)
//   throttled           24      429    as many invocations as may be are in flight
//   extension_error     25      502    an extension failed or died during the invocation
//   init_timeout        26      504    the runtime asked for no event in time
//   timeout             124     504    the deadline of the event passed
//   bad_image           125     500    the image cannot be used
//   not_executable      126     500    the bootstrap is there and cannot be executed
//   missing_bootstrap   127     500    there is no bootstrap
//   killed_by_signal    128+n   502    the program died by signal n
//   out_of_memory       137     507    the kernel killed it at the memory limit (SIGKILL is signal 9: `status` tells
//   the two apart)
//
// 2 to 8 and 70 keep the meaning that they have in the whole suite (fn(7)): trouble of the tool, not of the function.
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
  std::string error_type;  // "Function.Oops", or for what the runtime can't say itself: "Runtime.ExitError"
  std::string message;
  int signal = 0;  // with killed_by_signal
  // What the function reported, to be handed on as it is; empty: made of type and message.
  std::string body;
};

// Outcomes that the supervisor states itself, with the service's error types and messages.
Outcome timed_out(std::chrono::milliseconds timeout);
Outcome exited(int code);
Outcome killed(int signal);
Outcome out_of_memory(std::string_view limit);
Outcome missing_bootstrap();
// Of a function's or runtime's own report (ErrorReport): `type` and `body` decide between function_error and
// response_too_large.
Outcome reported(std::string_view type, std::string body);

int exit_code(const Outcome& outcome);
unsigned http_status(const Outcome& outcome);
// The answer of the invoke endpoint to anything but success: status, X-Amz-Function-Error (Handled if the function
// reported it itself, Unhandled otherwise; none where the function was not at fault) and a JSON body.
http::Response http_answer(const Outcome& outcome);
// {"status", "error_type", "message", "signal", "exit"}; absent where there is nothing to say.
Json to_json(const Outcome& outcome);
// The outcome again, with "body" if that is there. Throws integrity.
Outcome outcome_of(const Json& json);

}  // namespace fn::lambda
