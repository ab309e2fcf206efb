// SPDX-License-Identifier: Apache-2.0
#include "serve/invocation.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "serve/answers.hpp"

#include <algorithm>

namespace fn::serve {
namespace {

constexpr std::string_view invalid_content = "InvalidRequestContentException";
constexpr std::string_view invalid_value = "InvalidParameterValueException";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The value of `name` in "a=1&b=2".
std::string parameter(std::string_view query, std::string_view name) {
  for (const std::string& each : split(query, '&'))
    if (each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=')
      return percent_decoded(each.substr(name.size() + 1));
  return "";
}

bool is_region(std::string_view word) {
  return word.size() > 4 && word.find('-') == 2 && is_digit(word.back()) && word[word.size() - 2] == '-';
}

bool is_account(std::string_view word) {
  return word.size() == 12 && std::all_of(word.begin(), word.end(), is_digit);
}

// What is left of an ARN behind the place of the function: NAME or NAME:QUALIFIER. Of the parts before it, each may be
// missing: [arn:PARTITION:lambda:][REGION:][ACCOUNT:][function:]. That "function" is a name itself, of ours too, makes
// "function:WORD" a name with a qualifier here.
std::string_view without_place(std::string_view text) {
  constexpr std::string_view mark = "function:";
  if (text.starts_with("arn:")) {
    const std::size_t at = text.find(":function:");
    return at == text.npos ? text : text.substr(at + 1 + mark.size());
  }
  std::string_view rest = text;
  const auto skip_if = [&rest](bool (*is_part)(std::string_view)) {
    const std::size_t colon = rest.find(':');
    if (colon != rest.npos && is_part(rest.substr(0, colon))) rest.remove_prefix(colon + 1);
  };
  skip_if(is_region);
  skip_if(is_account);
  const bool has_place = rest.size() < text.size();
  const bool has_more = rest.starts_with(mark) && rest.find(':', mark.size()) != rest.npos;
  if (rest.starts_with(mark) && (has_place || has_more)) rest.remove_prefix(mark.size());
  return rest;
}

std::optional<InvocationType> type_of(const Lookup& header) {
  const auto type = header("X-Amz-Invocation-Type");
  if (!type || *type == "RequestResponse") return InvocationType::wait;
  if (*type == "Event") return InvocationType::event;
  if (*type == "DryRun") return InvocationType::dry_run;
  return std::nullopt;
}

std::string copy_of(const Lookup& header, std::string_view name) {
  return std::string(header(name).value_or(""));
}

// To be a header again.
std::string handed_on(const Lookup& header, std::string_view name) {
  const std::string value = copy_of(header, name);
  return is_header_value(value) ? value : "";
}

// On one line, since it becomes a header again. Nothing if it is no JSON.
std::optional<std::string> client_context(std::string_view header) {
  const auto json = unbase64(header);
  if (!json) return std::nullopt;
  try {
    return Json::parse(*json, "client context", Kind::usage).dump();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string_view invocation_type_name(InvocationType type) {
  if (type == InvocationType::event) return "Event";
  return type == InvocationType::dry_run ? "DryRun" : "RequestResponse";
}

std::optional<InvokePath> parse_invoke_path(std::string_view path, std::string_view query) {
  constexpr std::string_view before = "/2015-03-31/functions/";
  constexpr std::string_view behind = "/invocations";
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
    return std::nullopt;
  InvokePath asked;
  const std::string text = percent_decoded(path.substr(before.size(), path.size() - before.size() - behind.size()));
  if (text.find('/') != std::string::npos) return std::nullopt;
  const std::string_view named = without_place(text);
  const std::size_t colon = std::min(named.find(':'), named.size());
  asked.name = named.substr(0, colon);
  asked.qualifier = colon < named.size() ? std::string(named.substr(colon + 1)) : parameter(query, "Qualifier");
  return asked;
}

Bytes event_limit(const Lookup& header) {
  return type_of(header) == InvocationType::event ? max_event_of_event : call::max_event;
}

std::variant<Invocation, http::Response> parse_invocation(const Lookup& header, std::string_view body) {
  Invocation invocation;
  const auto type = type_of(header);
  if (!type) return refusal(400, invalid_value, "X-Amz-Invocation-Type must be RequestResponse, Event or DryRun");
  invocation.type = *type;
  const std::string log_type = copy_of(header, "X-Amz-Log-Type");
  if (!log_type.empty() && log_type != "None" && log_type != "Tail")
    return refusal(400, invalid_value, "X-Amz-Log-Type must be None or Tail");
  invocation.wants_log = log_type == "Tail" && *type == InvocationType::wait;
  if (const auto encoded = header("X-Amz-Client-Context")) {
    const auto context = client_context(*encoded);
    if (!context) return refusal(400, invalid_content, "Client context must be a valid Base64-encoded JSON object.");
    invocation.request.client_context = *context;
  }
  if (!body.empty() && !Json::is_valid(body))
    return refusal(400, invalid_content, "Could not parse request body into json: not a JSON document");
  // Without a payload the service gives the function an empty object.
  invocation.event = body.empty() ? "{}" : std::string(body);
  invocation.request.id = call::new_request_id();
  invocation.request.trace_id = handed_on(header, "X-Amzn-Trace-Id");
  if (invocation.request.trace_id.empty()) invocation.request.trace_id = call::new_trace_id();
  invocation.request.tenant_id = handed_on(header, "X-Amz-Tenant-Id");
  return invocation;
}

}  // namespace fn::serve
