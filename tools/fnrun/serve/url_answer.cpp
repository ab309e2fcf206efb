// SPDX-License-Identifier: Apache-2.0
#include "serve/url_answer.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "serve/connection_headers.hpp"

#include <algorithm>

namespace fn::serve {
namespace {

constexpr std::string_view json_type = "application/json";
// What the server has room for, beside the head of the request (main.cpp).
constexpr Bytes max_headers = 16 * KiB;

// RFC 9110 5.6.2: token.
bool is_header_name(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto is_token = [&](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || marks.find(c) != marks.npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token);
}

// RFC 9110 5.5, with bytes above 127: nothing that ends a line.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

// A tab is a blank there; the server has no other.
std::string sent_as(std::string value) {
  std::replace(value.begin(), value.end(), '\t', ' ');
  return value;
}

unsigned status_of(const Json& code) {
  std::optional<std::uint64_t> status;
  if (code.is_string()) status = parse_uint(code.as_string());
  if (code.is_integer() && code.as_integer() > 0) status = static_cast<std::uint64_t>(code.as_integer());
  if (!status || *status < 200 || *status > 599)
    fail(Kind::usage, "statusCode {} is not a status from 200 to 599", code.dump());
  return static_cast<unsigned>(*status);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.as_string() : value.dump();
}

// What the endpoint says itself.
bool is_ours(std::string_view name) {
  return name == "content-length" || name == "x-amzn-requestid" || name == "x-amzn-trace-id" ||
         name.starts_with("x-fn-");
}

http::Headers headers_of(const Json& member) {
  if (!member.is_object()) fail(Kind::usage, "headers is not an object");
  http::Headers headers;
  for (const auto& [name, value] : member.as_object()) {
    if (value.is_null()) continue;
    if (!is_header_name(name)) fail(Kind::usage, "invalid header name '{}'", printable(name));
    if (value.is_object() || value.is_array() || !is_field_value(text_of(value)))
      fail(Kind::usage, "header '{}' has the value {}", name, value.dump());
    if (std::string text = text_of(value); !text.empty()) headers.push_back({name, sent_as(std::move(text))});
  }
  const ConnectionHeaders of_connection(headers);
  std::erase_if(headers, [&](const http::Header& header) {
    const std::string name = lower_case(header.name);
    return of_connection.has(name) || is_ours(name);
  });
  return headers;
}

void add_cookies(http::Headers& headers, const Json& member) {
  if (!member.is_array()) fail(Kind::usage, "cookies is not an array");
  for (const Json& cookie : member.as_array()) {
    if (!cookie.is_string() || !is_field_value(cookie.as_string()))
      fail(Kind::usage, "cookie {} cannot be a header", cookie.dump());
    if (!cookie.as_string().empty()) headers.push_back({"Set-Cookie", sent_as(cookie.as_string())});
  }
}

std::string body_of(const Json& answer) {
  const Json* body = answer.find("body");
  if (body == nullptr || body->is_null()) return {};
  const Json* encoded = answer.find("isBase64Encoded");
  if (encoded == nullptr || encoded->is_null() || *encoded == Json(false)) return text_of(*body);
  if (*encoded != Json(true)) fail(Kind::usage, "isBase64Encoded is neither true nor false");
  auto bytes = body->is_string() ? unbase64(body->as_string()) : std::nullopt;
  if (!bytes) fail(Kind::usage, "body is not base64, and isBase64Encoded says so");
  return std::move(*bytes);
}

void check_size(const http::Headers& headers) {
  Bytes size = 0;
  for (const http::Header& header : headers) size += header.name.size() + header.value.size() + 4;
  if (size > max_headers) fail(Kind::usage, "its headers have {} bytes, limit {}", size, max_headers);
}

const Json* present(const Json& answer, std::string_view name) {
  const Json* member = answer.find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

void add_type(http::Headers& headers) {
  const bool has_type = std::any_of(headers.begin(), headers.end(), [](const http::Header& header) {
    return lower_case(header.name) == "content-type";
  });
  if (!has_type) headers.push_back({"Content-Type", std::string(json_type)});
}

http::Response response_in_parts(const Json& answer, const Json& code) {
  http::Response response{status_of(code), {}, body_of(answer)};
  if (const Json* headers = present(answer, "headers")) response.headers = headers_of(*headers);
  if (const Json* cookies = present(answer, "cookies")) add_cookies(response.headers, *cookies);
  check_size(response.headers);
  const bool has_no_body = response.status == 204 || response.status == 304;  // RFC 9110 6.4.1
  if (has_no_body)
    response.body.clear();
  else
    add_type(response.headers);
  return response;
}

// A document that is only to be passed on may have what Json::parse() refuses, such as numbers beyond 2^63.
std::optional<Json> parsed(std::string_view answer) {
  try {
    return Json::parse(answer, "answer");
  } catch (const Error& error) {
    if (answer.find("\"statusCode\"") != answer.npos) fail(Kind::usage, "{}", error.what());
    return std::nullopt;
  }
}

}  // namespace

std::variant<http::Response, InvalidAnswer> url_response(std::string answer) {
  try {
    if (!answer.empty() && !Json::is_valid(answer)) fail(Kind::usage, "it is not JSON");
    http::Response response{200, {{"Content-Type", std::string(json_type)}}, {}};
    if (!answer.empty()) {
      const auto json = parsed(answer);
      if (const Json* code = json ? json->find("statusCode") : nullptr) return response_in_parts(*json, *code);
      if (json && json->is_string()) answer = json->as_string();
    }
    response.body = std::move(answer);
    return response;
  } catch (const Error& error) {
    return InvalidAnswer{error.what()};
  }
}

http::Response url_answer(call::Outcome& outcome, std::string response, const AnswerContext& context, bool honest) {
  http::Response made;
  if (outcome.status == call::Status::success) {
    auto answered = url_response(std::move(response));
    if (auto* whole = std::get_if<http::Response>(&answered))
      made = std::move(*whole);
    else
      outcome = {call::Status::function_error,
                 "Runtime.InvalidAnswer",
                 fmt::format("the answer cannot be sent: {}", std::get<InvalidAnswer>(answered).reason),
                 0,
                 {}};
  }
  if (outcome.status != call::Status::success) {
    if (call::fault_of(outcome) == call::Fault::none) return answer(outcome, {}, context, false);
    const unsigned status = call::http_status(outcome);
    made = {honest ? status : 502, {{"Content-Type", std::string(json_type)}}, "Internal Server Error"};
    made.headers.push_back({"X-Fn-Status", std::to_string(status)});
  }
  made.headers.push_back({"X-Fn-Outcome", std::string(call::status_name(outcome.status))});
  made.headers.push_back({"X-Amzn-RequestId", context.request_id});
  made.headers.push_back({"X-Amzn-Trace-Id", context.trace_id});
  return made;
}

}  // namespace fn::serve
