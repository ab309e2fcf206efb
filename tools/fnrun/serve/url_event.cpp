// SPDX-License-Identifier: Apache-2.0
#include "serve/url_event.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "serve/answers.hpp"
#include "serve/connection_headers.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <ctime>
#include <map>

namespace fn::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

// By lower-case name, in order of names; several of one name with commas between them (RFC 9110 5.3).
using Joined = std::map<std::string, std::string, std::less<>>;

void join(Joined& all, std::string name, std::string_view value) {
  const auto [at, is_new] = all.emplace(std::move(name), value);
  if (!is_new) at->second.append(",").append(value);
}

// The service's own, which those of a proxy before us win over.
void add_forwarded(Joined& headers, const UrlRequest& request, const std::string& trace_id) {
  const auto host = headers.find("host");
  const std::size_t colon = host == headers.end() ? std::string::npos : host->second.rfind(':');
  const bool has_port = colon != std::string::npos && host->second.find(']', colon) == std::string::npos;
  headers.emplace("x-forwarded-for", request.peer);
  headers.emplace("x-forwarded-proto", "http");
  headers.emplace("x-forwarded-port", has_port ? host->second.substr(colon + 1) : "80");
  headers["x-amzn-trace-id"] = trace_id;
}

Json object_of(const Joined& values) {
  Json::Object object;
  for (const auto& [name, value] : values) object.emplace_back(name, value);
  return Json(std::move(object));
}

Json cookies_of(std::string_view header) {
  Json cookies = Json::array();
  for (const std::string& cookie : split(header, ';'))
    if (!trim(cookie).empty()) cookies.push(trim(cookie));
  return cookies;
}

// As forms have it: application/x-www-form-urlencoded.
std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

Joined parameters_of(std::string_view query) {
  Joined parameters;
  for (const std::string& pair : split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t end = std::min(pair.find('='), pair.size());
    const std::string_view value = end < pair.size() ? std::string_view(pair).substr(end + 1) : std::string_view();
    join(parameters, form_decoded(std::string_view(pair).substr(0, end)), form_decoded(value));
  }
  return parameters;
}

// A form is not text for the service, nor is what has no type.
bool is_text(std::string_view content_type) {
  const std::string type = lower_case(trim(content_type.substr(0, content_type.find(';'))));
  return type.starts_with("text/") || type == "application/json" || type == "application/javascript" ||
         type == "application/xml" || type.ends_with("+json") || type.ends_with("+xml");
}

// "12/Mar/2020:19:03:58 +0000", whatever the locale.
std::string log_time(system_clock::time_point time) {
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:02}/{}/{}:{:02}:{:02}:{:02} +0000", parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string value_of(const Joined& headers, std::string_view name) {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

// "localhost:9000" without the port.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  return host.substr(0, host.find(':'));
}

// A name that leads to this machine whatever a name server says (RFC 6761 6.3), or no name at all.
bool needs_no_name_server(std::string_view host) {
  const std::string name = lower_case(host_name(host));
  in_addr ignored{};
  return name.empty() || name.front() == '[' || name == "localhost" || name.ends_with(".localhost") ||
         inet_pton(AF_INET, name.c_str(), &ignored) == 1;
}

}  // namespace

std::string url_event(const UrlRequest& request, const std::string& request_id, const std::string& trace_id,
                      system_clock::time_point now) {
  Joined headers;
  std::string cookies;
  const ConnectionHeaders of_connection(request.headers);
  for (const http::Header& header : request.headers) {
    std::string name = lower_case(header.name);
    if (of_connection.has(name)) continue;
    if (name == "cookie")
      cookies.append(cookies.empty() ? "" : ";").append(header.value);
    else
      join(headers, std::move(name), header.value);
  }
  add_forwarded(headers, request, trace_id);
  const bool text = is_text(value_of(headers, "content-type")) && is_utf8(request.body);
  Json event = Json::object();
  event.set("version", "2.0")
      .set("routeKey", "$default")
      .set("rawPath", request.path)
      .set("rawQueryString", request.query);
  if (!cookies.empty()) event.set("cookies", cookies_of(cookies));
  event.set("headers", object_of(headers));
  if (!request.query.empty()) event.set("queryStringParameters", object_of(parameters_of(request.query)));
  Json http = Json::object();
  http.set("method", request.method)
      .set("path", request.path)
      .set("protocol", "HTTP/1.1")
      .set("sourceIp", request.peer)
      .set("userAgent", value_of(headers, "user-agent"));
  Json context = Json::object();
  context.set("accountId", "anonymous")
      .set("apiId", request.function)
      .set("domainName", value_of(headers, "host"))
      .set("domainPrefix", request.function)
      .set("http", std::move(http))
      .set("requestId", request_id)
      .set("routeKey", "$default")
      .set("stage", "$default")
      .set("time", log_time(now))
      .set("timeEpoch", std::int64_t{std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count()});
  event.set("requestContext", std::move(context));
  if (!request.body.empty()) event.set("body", text ? std::string(request.body) : base64(request.body));
  event.set("isBase64Encoded", !request.body.empty() && !text);
  return event.dump();
}

std::variant<Invocation, http::Response> url_invocation(const UrlRequest& request, system_clock::time_point now) {
  Invocation invocation;
  invocation.request.id = call::new_request_id();
  for (const http::Header& header : request.headers)
    if (lower_case(header.name) == "x-amzn-trace-id" && is_header_value(header.value))
      invocation.request.trace_id = header.value;
  if (invocation.request.trace_id.empty()) invocation.request.trace_id = call::new_trace_id();
  invocation.event = url_event(request, invocation.request.id, invocation.request.trace_id, now);
  if (invocation.event.size() > call::max_event)
    return refusal(
        413, "RequestEntityTooLargeException",
        fmt::format("the event of the request has {} bytes, limit {}", invocation.event.size(), call::max_event));
  return invocation;
}

std::optional<std::string> foreign_page(const Lookup& header, bool any_host) {
  const std::string_view host = header("Host").value_or("");
  const auto origin = header("Origin");
  const auto site = header("Sec-Fetch-Site");
  if (origin && *origin != fmt::format("http://{}", host)) return "it comes from a page of another origin";
  if (site && *site != "same-origin" && *site != "none") return "it comes from a page of another site";
  if (!any_host && !needs_no_name_server(host)) return fmt::format("it is for the host '{}'", printable(host));
  return std::nullopt;
}

}  // namespace fn::serve
