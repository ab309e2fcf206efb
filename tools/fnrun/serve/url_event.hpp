// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "serve/invocation.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// Function URLs: plain HTTP for the client, an event in the payload format 2.0 for the function:
// docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html.
namespace fn::serve {

// A request as it came.
struct UrlRequest {
  std::string_view method;
  std::string_view path;   // not decoded
  std::string_view query;  // behind the '?', not decoded
  const http::Headers& headers;
  std::string_view body;
  std::string peer;      // its address
  std::string function;  // the name of what is called, in the place of the service's id of the URL
};

// The event for a request that came at `now`: on one line, JSON. A body is text if its type says so and it is UTF-8,
// else base64. Headers that are of the connection alone are left out.
std::string url_event(const UrlRequest& request, const std::string& request_id, const std::string& trace_id,
                      std::chrono::system_clock::time_point now);

// The invocation for a request, as parse_invocation() of one that is an invocation. 413 if its event is too large.
std::variant<Invocation, http::Response> url_invocation(const UrlRequest& request,
                                                        std::chrono::system_clock::time_point now);

// Why a request is not answered unless pages may send it: another page than one of this very endpoint made a browser
// send it. Browsers tell by Origin (fetch.spec.whatwg.org, 3.2) and Sec-Fetch-Site (w3c.github.io/webappsec-fetch-
// metadata); of a page whose name was made to lead here (DNS rebinding) the Host tells, which is compared unless
// `any_host`.
std::optional<std::string> foreign_page(const Lookup& header, bool any_host);

}  // namespace fn::serve
