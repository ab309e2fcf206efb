// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"
#include "call/outcome.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fn::call {

// The service's limits.
inline constexpr Bytes max_event = 6 * MiB;
inline constexpr Bytes max_response = 6 * MiB + 100;
inline constexpr Bytes max_streamed_response = 20 * MiB;

// Metadata of an event. Empty fields are not sent to the function.
struct Request {
  std::string id;                                      // UUID; the instance makes one if it is empty
  std::optional<std::chrono::milliseconds> timeout{};  // instead of the instance's; 0: none
  std::string content_type = "application/json";
  std::string function_arn{};
  std::string trace_id{};
  std::string client_context{};  // JSON
  std::string cognito_identity{};
  std::string tenant_id{};
  bool details = false;  // include walls and timing in the result
};

// How a call went, apart from its response.
struct Result {
  Outcome outcome{};
  std::string request_id{};
  std::chrono::microseconds duration{0};            // from the moment the function got the event
  std::optional<std::chrono::microseconds> init{};  // of the instance's first call only
  std::chrono::milliseconds timeout{0};             // the one in force; 0: none
  Bytes memory_limit = 0;                           // 0: none
  std::optional<Bytes> peak_memory{};               // of the instance so far
  bool peak_is_approximate = false;                 // of its largest process, not of all combined
  std::string version{};                            // of the image
  Json walls{};                                     // sandbox::to_json(), if details were asked for
  Json timing{};                                    // likewise
  bool instance_ended = false;                      // this call was its last one
};

// Output of a call while it runs. Any of these may be empty.
struct Receiver {
  std::function<void(const std::string& content_type, bool streaming)> head;  // a response begins
  std::function<void(std::string_view)> chunk;                                // bytes of it
  std::function<void(std::string_view)> log;  // what the function wrote to its stdout and stderr meanwhile
};

// As they go between processes.
Json to_json(const Request& request);
Request request_of(const Json& json);  // throws integrity
Json to_json(const Result& result);
Result result_of(const Json& json);  // throws integrity

}  // namespace fn::call
