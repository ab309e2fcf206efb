// SPDX-License-Identifier: Apache-2.0
#include "invocation.hpp"

#include "answers.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/protocol.hpp"

namespace fn::serve {
namespace {

constexpr std::string_view invalid_content = "InvalidRequestContentException";
constexpr std::string_view invalid_value = "InvalidParameterValueException";

// RFC 3986 2.1; what is no escape stays.
std::string decoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto digit = [&](char c) { return digits.find(c >= 'A' && c <= 'F' ? char(c + ('a' - 'A')) : c); };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) != digits.npos && digit(text[i + 2]) != digits.npos;
    if (escape) {
      result += char(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

// The value of `name` in "a=1&b=2".
std::string parameter(std::string_view query, std::string_view name) {
  for (const std::string& each : split(query, '&'))
    if (each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=')
      return decoded(each.substr(name.size() + 1));
  return "";
}

std::optional<Kind> kind_of(const Lookup& header) {
  const auto type = header("X-Amz-Invocation-Type");
  if (!type || *type == "RequestResponse") return Kind::wait;
  if (*type == "Event") return Kind::event;
  if (*type == "DryRun") return Kind::dry_run;
  return std::nullopt;
}

std::string copy_of(const Lookup& header, std::string_view name) {
  return std::string(header(name).value_or(""));
}

// On one line, since it becomes a header again. Nothing if it is no JSON.
std::optional<std::string> client_context(std::string_view header) {
  const auto json = unbase64(header);
  if (!json) return std::nullopt;
  try {
    return Json::parse(*json, "client context", fn::Kind::usage).dump();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string_view invocation_type(Kind kind) {
  if (kind == Kind::event) return "Event";
  return kind == Kind::dry_run ? "DryRun" : "RequestResponse";
}

std::optional<Asked> asked_of(std::string_view path, std::string_view query) {
  constexpr std::string_view before = "/2015-03-31/functions/";
  constexpr std::string_view behind = "/invocations";
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
    return std::nullopt;
  Asked asked;
  asked.name = decoded(path.substr(before.size(), path.size() - before.size() - behind.size()));
  if (asked.name.find('/') != std::string::npos) return std::nullopt;
  if (asked.name.starts_with("arn:"))
    if (const std::size_t mark = asked.name.find(":function:"); mark != std::string::npos)
      asked.name = asked.name.substr(mark + std::string_view(":function:").size());
  asked.qualifier = parameter(query, "Qualifier");
  if (const std::size_t colon = asked.name.find(':'); colon != std::string::npos) {
    asked.qualifier = asked.name.substr(colon + 1);
    asked.name.resize(colon);
  }
  return asked;
}

Bytes event_limit(const Lookup& header) {
  return kind_of(header) == Kind::event ? max_event_of_event : lambda::max_event;
}

std::variant<Invocation, http::Response> parse_invocation(const Lookup& header, std::string_view body) {
  Invocation invocation;
  const auto kind = kind_of(header);
  if (!kind) return refusal(400, invalid_value, "X-Amz-Invocation-Type is RequestResponse, Event or DryRun");
  invocation.kind = *kind;
  const std::string log_type = copy_of(header, "X-Amz-Log-Type");
  if (!log_type.empty() && log_type != "None" && log_type != "Tail")
    return refusal(400, invalid_value, "X-Amz-Log-Type is None or Tail");
  invocation.wants_log = log_type == "Tail" && *kind == Kind::wait;
  if (const auto encoded = header("X-Amz-Client-Context")) {
    const auto context = client_context(*encoded);
    if (!context) return refusal(400, invalid_content, "Client context must be a valid Base64-encoded JSON object.");
    invocation.request.client_context = *context;
  }
  if (!body.empty() && !Json::is_valid(body))
    return refusal(400, invalid_content, "Could not parse request body into json: it is no JSON document");
  // Without a payload the service gives the function an empty object.
  invocation.event = body.empty() ? "{}" : std::string(body);
  invocation.request.id = lambda::new_request_id();
  invocation.request.trace_id = copy_of(header, "X-Amzn-Trace-Id");
  invocation.request.tenant_id = copy_of(header, "X-Amz-Tenant-Id");
  return invocation;
}

}  // namespace fn::serve
