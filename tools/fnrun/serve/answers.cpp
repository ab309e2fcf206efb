// SPDX-License-Identifier: Apache-2.0
#include "serve/answers.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::serve {
namespace {

// The exception that the service throws where it did not get as far as the function.
std::string_view service_error(call::Status status) {
  if (status == call::Status::event_too_large) return "RequestEntityTooLargeException";
  return status == call::Status::throttled ? "TooManyRequestsException" : "ServiceException";
}

std::string_view blamed(unsigned status) {
  return status < 500 ? "User" : "Service";
}

}  // namespace

bool is_header_value(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

http::Response refusal(unsigned status, std::string_view type, std::string_view message) {
  return {status,
          {{"Content-Type", "application/json"}, {"X-Amzn-ErrorType", std::string(type)}},
          Json::object().set("Type", blamed(status)).set("Message", message).dump()};
}

http::Headers answer_headers(const AnswerContext& context) {
  http::Headers headers{
      {"Content-Type", is_header_value(context.content_type) ? context.content_type : "application/json"},
      {"X-Amzn-RequestId", context.request_id},
      {"X-Amzn-Trace-Id", context.trace_id},
      {"X-Amz-Executed-Version", context.version}};
  if (!context.log_tail.empty()) headers.push_back({"X-Amz-Log-Result", base64(context.log_tail)});
  return headers;
}

http::Response answer(const call::Outcome& outcome, std::string response, const AnswerContext& context,
                      bool aws_status) {
  const bool success = outcome.status == call::Status::success;
  const unsigned honest = call::http_status(outcome);
  const std::string fault = function_error(outcome);
  AnswerContext known = context;
  if (!success) known.content_type.clear();
  http::Response made{aws_status && !fault.empty() ? 200 : honest, answer_headers(known), {}};
  made.headers.push_back({"X-Fn-Status", std::to_string(honest)});
  made.headers.push_back({"X-Fn-Outcome", std::string(call::status_name(outcome.status))});
  if (success) {
    made.body = std::move(response);
  } else if (!fault.empty()) {
    made.headers.push_back({"X-Amz-Function-Error", fault});
    made.body = call::error_body(outcome);
  } else {
    made.headers.push_back({"X-Amzn-ErrorType", std::string(service_error(outcome.status))});
    made.body = Json::object()
                    .set("Type", blamed(honest))
                    .set("Message", outcome.message)
                    .set("errorType", outcome.error_type)
                    .set("errorMessage", outcome.message)
                    .dump();
  }
  return made;
}

std::string function_error(const call::Outcome& outcome) {
  switch (call::fault_of(outcome)) {
    case call::Fault::handled:
      return "Handled";
    case call::Fault::unhandled:
      return "Unhandled";
    default:
      return "";
  }
}

call::Outcome outcome_of_error(const Error& error) {
  const std::string type = error.reason().empty() ? "Runtime.NotStarted" : "Runtime." + error.reason();
  if (error.exit() == 126) return {call::Status::not_executable, type, error.what(), 0, {}};
  if (error.exit() == 127) return {call::Status::missing_bootstrap, type, error.what(), 0, {}};
  const bool by_host = error.reason().empty() && (error.kind() == Kind::failure || error.kind() == Kind::unsupported);
  return {by_host ? call::Status::not_started : call::Status::bad_image, type, error.what(), 0, {}};
}

}  // namespace fn::serve
