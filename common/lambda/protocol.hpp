// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "call/request.hpp"
#include "http/message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// The Lambda Runtime API (2018-06-01) and Extensions API (2020-01-01) as
// docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and runtimes-extensions-api.html describe them; where they are
// silent, as AWS's Runtime Interface Emulator ("RIE") answers.
namespace fn::lambda {

constexpr std::size_t max_extensions = 10;

// The caller's time: deadlines are kept by the steady clock and reported by the wall clock.
struct Now {
  std::chrono::steady_clock::time_point steady;
  std::int64_t epoch_ms = 0;
};

// One request to the API, named by whoever received it.
using Call = std::uint64_t;

// A header or trailer by its name, ignoring case. The result is valid until the request ends.
using Lookup = std::function<std::optional<std::string_view>(std::string_view)>;

struct Request {
  Call call = 0;
  std::uint64_t connection = 0;
  std::string_view method;
  std::string_view path;
  Lookup header;
};

// One event for the function. Empty fields are not sent.
struct Invocation {
  std::string id;  // UUID (log_lines.hpp)
  std::string event;
  std::string content_type = "application/json";
  std::chrono::milliseconds timeout{3000};                     // from the moment the runtime gets the event
  std::optional<std::chrono::milliseconds> told_timeout = {};  // what it is told of it; nothing: the same
  std::string function_arn;
  std::string trace_id;
  std::string client_context;  // JSON
  std::string cognito_identity;
  std::string tenant_id;
};

// The type of an error that no runtime reports: its connection ended within a response.
inline constexpr std::string_view truncated_response = "Runtime.TruncatedResponse";

// What a runtime or an extension reports about its own failure.
struct ErrorReport {
  std::string type;        // "Function.Oops", "Runtime.Unknown"
  std::string body;        // as sent, mostly {"errorMessage", "errorType", "stackTrace"}
  std::string xray_cause;  // JSON, or empty
  std::string said_type;   // the type as it came, whatever it looks like
};

struct ResponseHead {
  std::string content_type;
  bool streaming = false;
};

enum class ShutdownReason { spindown, timeout, failure };

// The receiver of answers to calls. An answer to a call that is gone is dropped.
class Answers {
 public:
  virtual ~Answers() = default;
  virtual void answer(Call call, http::Response response) = 0;
};

// What happens to the function. For each invocation: delivered; then either response_started, chunks and
// response_finished, or function_error (which may also come after some chunks); and at the end finished, or timed_out
// at any moment before. Functions may call RuntimeApi::invoke.
class Events {
 public:
  virtual ~Events() = default;
  // The runtime and all extensions asked for work for the first time.
  virtual void init_done() {}
  // The runtime (`extension` empty) or an extension failed before init_done. Nothing will be delivered any more.
  virtual void init_error(const std::string& /*extension*/, const ErrorReport&) {}
  virtual void delivered(const std::string& /*id*/) {}
  virtual void response_started(const std::string& /*id*/, const ResponseHead&) {}
  virtual void response_chunk(const std::string& /*id*/, std::string_view) {}
  virtual void response_finished(const std::string& /*id*/) {}
  virtual void function_error(const std::string& /*id*/, const ErrorReport&) {}
  virtual void timed_out(const std::string& /*id*/) {}
  // The runtime and the extensions are done with it: the instance may be paused, or take the next one.
  virtual void finished(const std::string& /*id*/) {}
  // An extension reported its own failure after init_done, and is about to exit.
  virtual void extension_error(const std::string& /*extension*/, const ErrorReport&) {}
  // The connection that carried the event was closed before an answer came. A sign, not a proof, that the runtime is
  // dead: some open a new connection for each request.
  virtual void runtime_gone(const std::string& /*id*/) {}
  // A runtime asks for /restore/next: the place to take a snapshot; RuntimeApi::restore lets it continue.
  virtual void restore_ready() {}
};

}  // namespace fn::lambda
