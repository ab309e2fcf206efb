// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fn::instance {

// What goes with an event. Empty: not sent to the function.
struct CallRequest {
  std::string id;                                      // UUID; the instance makes one if it is empty
  std::optional<std::chrono::milliseconds> timeout{};  // instead of the instance's; 0: none
  std::string content_type = "application/json";
  std::string function_arn{};
  std::string trace_id{};
  std::string client_context{};  // JSON
  std::string cognito_identity{};
  std::string tenant_id{};
  bool details = false;  // the result is to have walls and timing
};

// How a call went, beside its response.
struct CallResult {
  // Status, message and exit code as lambda/outcome.hpp has them: {"status", "error_type", "message", "signal", "exit",
  // "body"}; lambda::outcome_of() reads it.
  Json outcome = Json::object();
  std::string request_id{};
  std::chrono::microseconds duration{0};            // from the moment at which the function got the event
  std::optional<std::chrono::microseconds> init{};  // of the instance's first call only
  std::chrono::milliseconds timeout{0};             // that was in force; 0: none
  Bytes memory_limit = 0;                           // 0: none
  std::optional<Bytes> peak_memory{};               // of the instance so far
  bool peak_is_approximate = false;                 // of its largest process, not of all together
  std::string version{};                            // of the image
  Json walls{};                                     // sandbox::to_json(), if details were asked for
  Json timing{};                                    // likewise
  bool instance_ended = false;                      // this call was its last one
};

Json to_json(const CallRequest& request);
CallRequest call_request_of(const Json& json);  // throws integrity
Json to_json(const CallResult& result);
CallResult call_result_of(const Json& json);  // throws integrity

}  // namespace fn::instance
