// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::serve {
namespace {

constexpr std::string_view error_header = "X-Amz-Function-Error";

// A function may say anything of its content; a header must not be broken by it.
bool is_header_value(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

http::Response refusal(unsigned status, std::string_view type, std::string_view message) {
  return {status,
          {{"Content-Type", "application/json"}, {"X-Amzn-ErrorType", std::string(type)}},
          Json::object().set("Type", status < 500 ? "User" : "Service").set("Message", message).dump()};
}

http::Headers answer_headers(const Known& known) {
  http::Headers headers{{"Content-Type", is_header_value(known.content_type) ? known.content_type : "application/json"},
                        {"X-Amzn-RequestId", known.request_id},
                        {"X-Amz-Executed-Version", known.version}};
  if (!known.log_tail.empty()) headers.push_back({"X-Amz-Log-Result", base64(known.log_tail)});
  return headers;
}

http::Response answer(const lambda::Outcome& outcome, std::string response, const Known& known, bool aws_status) {
  if (outcome.status == lambda::Status::success) return {200, answer_headers(known), std::move(response)};
  http::Response failed = lambda::http_answer(outcome);
  Known of_error = known;
  of_error.content_type.clear();
  const std::string fault = function_error(failed);
  failed.headers = answer_headers(of_error);
  if (fault.empty()) return failed;
  failed.headers.push_back({std::string(error_header), fault});
  if (aws_status) failed.status = 200;
  return failed;
}

std::string function_error(const http::Response& response) {
  for (const http::Header& header : response.headers)
    if (header.name == error_header) return header.value;
  return "";
}

lambda::Outcome outcome_of_error(const Error& error) {
  const std::string type = error.reason().empty() ? "Runtime.NotStarted" : "Runtime." + error.reason();
  if (error.exit() == 126) return {lambda::Status::not_executable, type, error.what(), 0, {}};
  if (error.exit() == 127) return {lambda::Status::missing_bootstrap, type, error.what(), 0, {}};
  return {lambda::Status::bad_image, type, error.what(), 0, {}};
}

}  // namespace fn::serve
