// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"
#include "http/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The invoke endpoint of AWS Lambda: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
namespace fn::serve {

enum class InvocationType { wait, event, dry_run };
std::string_view invocation_type_name(InvocationType type);  // "RequestResponse", "Event", "DryRun"

// A client's request.
struct Invocation {
  InvocationType type = InvocationType::wait;
  call::Request request;
  std::string event;  // JSON
  bool wants_log = false;
};

constexpr Bytes max_event_of_event = MiB;  // asynchronous ones are smaller

// A header by its name, ignoring case.
using Lookup = std::function<std::optional<std::string_view>(std::string_view)>;

// The function and version that a path asks for: "/2015-03-31/functions/NAME[:QUALIFIER]/invocations", where NAME may
// be an ARN too, or the end of one. Nothing if it is another path.
struct InvokePath {
  std::string name;
  std::string qualifier;  // "": any
};
std::optional<InvokePath> parse_invoke_path(std::string_view path, std::string_view query);

// The limit of the body of a request with these headers.
Bytes event_limit(const Lookup& header);

// The invocation, with a new request id, and a trace id if it had none, or the answer to a bad one.
std::variant<Invocation, http::Response> parse_invocation(const Lookup& header, std::string_view body);

}  // namespace fn::serve
