// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "instance/call.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The invoke endpoint of AWS Lambda, as docs.aws.amazon.com/lambda/latest/api/API_Invoke.html has it.
namespace fn::serve {

enum class Kind { wait, event, dry_run };
std::string_view invocation_type(Kind kind);  // "RequestResponse", "Event", "DryRun"

// What a client asks for.
struct Invocation {
  Kind kind = Kind::wait;
  instance::CallRequest request;
  std::string event;  // JSON
  bool wants_log = false;
};

constexpr Bytes max_event_of_event = MiB;  // asynchronous ones are smaller

// A header by its name, whatever the case.
using Lookup = std::function<std::optional<std::string_view>(std::string_view)>;

// The function and version that a path asks for: "/2015-03-31/functions/NAME[:QUALIFIER]/invocations", where NAME may
// be an ARN too. Nothing if it is another path.
struct Asked {
  std::string name;
  std::string qualifier;  // "": any
};
std::optional<Asked> asked_of(std::string_view path, std::string_view query);

// The limit of the body of a request with these headers.
Bytes event_limit(const Lookup& header);

// The invocation, with a new request id, or the answer to a bad one.
std::variant<Invocation, http::Response> parse_invocation(const Lookup& header, std::string_view body);

}  // namespace fn::serve
