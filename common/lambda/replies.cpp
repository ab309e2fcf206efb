// SPDX-License-Identifier: Apache-2.0
#include "lambda/replies.hpp"

#include "call/outcome.hpp"
#include "lambda/protocol.hpp"

#include <algorithm>

namespace fn::lambda {
namespace {

constexpr std::string_view not_allowed = "State transition is not allowed";

http::Response json(unsigned status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

http::Response error(unsigned status, std::string_view type, std::string_view message) {
  return json(status, call::error_json(type, message) + '\n');
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

http::Response accepted() {
  return json(202, "{\"status\":\"OK\"}\n");
}

http::Response invalid_request_id() {
  return error(400, "InvalidRequestID", "Invalid request ID");
}

http::Response invalid_response_mode() {
  return error(400, "InvalidFunctionResponseMode", "Invalid function response mode");
}

http::Response truncated_request() {
  return error(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
}

http::Response forbidden(std::string_view type, std::string_view message) {
  return error(403, type, message);
}

http::Response invalid_transition(std::string_view from, std::string_view to) {
  return forbidden("InvalidStateTransition",
                   fmt::format("State transition from {} to {} failed for runtime. Error: {}", from, to, not_allowed));
}

http::Response invalid_extension_transition(std::string_view from, std::string_view to, std::string_view who) {
  return forbidden(
      "Extension.InvalidExtensionState",
      fmt::format("State transition from {} to {} failed for extension {}. Error: {}", from, to, who, not_allowed));
}

http::Response too_large() {
  return error(413, "RequestEntityTooLarge",
               fmt::format("Exceeded maximum allowed payload size ({} bytes).", call::max_response));
}

http::Response plain(unsigned status, std::string_view text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::string(text)};
}

std::string valid_error_type(std::string_view type) {
  constexpr std::string_view function = "Function.";
  constexpr std::string_view runtime = "Runtime.";
  const bool of_function = type.starts_with(function);
  if (of_function || type.starts_with(runtime)) {
    const std::string_view name = type.substr(of_function ? function.size() : runtime.size());
    const bool upper = !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
    if (upper && name.size() > 1 && std::all_of(name.begin(), name.end(), is_letter)) return std::string(type);
  }
  return of_function ? "Function.Unknown" : "Runtime.Unknown";
}

}  // namespace fn::lambda
