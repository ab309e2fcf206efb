// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "base/text.hpp"
#include "serve/invocation.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace fn;
using serve::Invocation;
using serve::InvocationType;

namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

serve::Lookup lookup_in(const Headers& headers) {
  return [&headers](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
}

std::string path_of(std::string_view path, std::string_view query = "") {
  const auto parsed = serve::parse_invoke_path(path, query);
  return parsed ? parsed->name + "|" + parsed->qualifier : "none";
}

// The status and message of a refusal.
std::string refusal_of(const Headers& headers, std::string_view body) {
  const auto parsed = serve::parse_invocation(lookup_in(headers), body);
  const auto* refused = std::get_if<http::Response>(&parsed);
  if (refused == nullptr) return "taken";
  return fmt::format("{} {}", refused->status, Json::parse(refused->body, "refusal").at("Message").as_string());
}

Invocation taken(const Headers& headers, std::string_view body) {
  return std::get<Invocation>(serve::parse_invocation(lookup_in(headers), body));
}

}  // namespace

TEST_CASE("a path names a function by its name, by an ARN, with a qualifier here or there") {
  CHECK(path_of("/2015-03-31/functions/resize/invocations") == "resize|");
  CHECK(path_of("/2015-03-31/functions/resize/invocations", "Qualifier=v1&x=y") == "resize|v1");
  CHECK(path_of("/2015-03-31/functions/resize:v2/invocations", "Qualifier=v1") == "resize|v2");
  CHECK(path_of("/2015-03-31/functions/arn:aws:lambda:us-east-1:012345678912:function:resize:v3/invocations") ==
        "resize|v3");
  CHECK(path_of("/2015-03-31/functions/re%73ize%3Av%34/invocations") == "resize|v4");
  CHECK(path_of("/2015-03-31/functions/100%/invocations") == "100%|");
}

TEST_CASE("of an ARN, any part before the name may be missing") {
  const auto name = [](const std::string& text) { return path_of("/2015-03-31/functions/" + text + "/invocations"); };
  for (const char* text :
       {"012345678912:function:resize:v1", "us-east-1:012345678912:function:resize:v1", "function:resize:v1",
        "us-gov-east-1:resize:v1", "012345678912:resize:v1", "arn:aws-cn:lambda:cn-north-1:1:function:resize:v1"})
    CHECK(name(text) == "resize|v1");
  CHECK(name("012345678912:function:resize") == "resize|");
  // "function" is the name of every function here.
  CHECK(name("function:%24LATEST") == "function|$LATEST");
  CHECK(name("function:resize") == "function|resize");
  CHECK(name("1234:function:resize") == "1234|function:resize");
  CHECK(name("arn:aws:s3:::resize") == "arn|aws:s3:::resize");
  CHECK(name("012345678912") == "012345678912|");
}

TEST_CASE("other paths are not invocations") {
  CHECK(path_of("/2015-03-31/functions//invocations") == "none");
  CHECK(path_of("/2015-03-31/functions/invocations") == "none");
  CHECK(path_of("/2015-03-31/functions/a/b/invocations") == "none");
  CHECK(path_of("/2015-03-31/functions/a%2Fb/invocations") == "none");
  CHECK(path_of("/2015-03-31/functions/resize") == "none");
  CHECK(path_of("/2014-11-13/functions/resize/invocations") == "none");
}

TEST_CASE("an event that nobody waits for may be smaller than one whose answer is awaited") {
  CHECK(serve::event_limit(lookup_in({})) == call::max_event);
  CHECK(serve::event_limit(lookup_in({{"X-Amz-Invocation-Type", "Event"}})) == MiB);
}

TEST_CASE("headers say what is asked for, and go to the function") {
  const Invocation invocation = taken({{"X-Amz-Log-Type", "Tail"},
                                       {"X-Amzn-Trace-Id", "Root=1"},
                                       {"X-Amz-Tenant-Id", "tenant"},
                                       {"X-Amz-Client-Context", base64("{ \"a\":\n1 }")}},
                                      "[1]");
  CHECK(invocation.type == InvocationType::wait);
  CHECK(invocation.wants_log);
  CHECK(invocation.event == "[1]");
  CHECK(invocation.request.id.size() == 36);
  CHECK(invocation.request.trace_id == "Root=1");
  CHECK(invocation.request.tenant_id == "tenant");
  CHECK(invocation.request.client_context == "{\"a\":1}");  // on one line
  CHECK(taken({}, "").event == "{}");
  CHECK(taken({}, "").request.trace_id.starts_with("Root=1-"));
  CHECK(taken({{"X-Amzn-Trace-Id", "Root=1\tx"}}, "").request.trace_id.starts_with("Root=1-"));  // no header
  const Invocation event = taken({{"X-Amz-Invocation-Type", "Event"}, {"X-Amz-Log-Type", "Tail"}}, "{}");
  CHECK(event.type == InvocationType::event);
  CHECK_FALSE(event.wants_log);  // nobody is there to read it
  CHECK(taken({{"X-Amz-Invocation-Type", "DryRun"}}, "{}").type == InvocationType::dry_run);
}

TEST_CASE("what is wrong is refused with 400") {
  CHECK(refusal_of({}, "{}") == "taken");
  CHECK(refusal_of({}, "{").starts_with("400 Could not parse request body into json"));
  CHECK(refusal_of({{"X-Amz-Invocation-Type", "event"}}, "{}").starts_with("400 X-Amz-Invocation-Type"));
  CHECK(refusal_of({{"X-Amz-Log-Type", "Head"}}, "{}").starts_with("400 X-Amz-Log-Type"));
  CHECK(refusal_of({{"X-Amz-Client-Context", "%%%"}}, "{}").starts_with("400 Client context"));
  CHECK(refusal_of({{"X-Amz-Client-Context", base64("no json")}}, "{}").starts_with("400 Client context"));
}
