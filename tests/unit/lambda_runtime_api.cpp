// SPDX-License-Identifier: Apache-2.0
// The conformance table of the Runtime API: each case is a story, told by requests, and what must come of it.
#include "error_of.hpp"
#include "lambda_story.hpp"

#include <doctest/doctest.h>

using namespace fn;
using lambda::RuntimeApi;
using std::chrono::milliseconds;

TEST_CASE("one event: next, response, next") {
  Story story;
  story.next();
  CHECK(story.news() == Log{"init done"});
  story.invoke("a", "event");
  CHECK(story.news() == Log{"#1 200", "delivered a"});
  CHECK(story.witness.answers[1].body == "event");
  story.respond("a", "result", {{"Content-Type", "text/x"}});
  CHECK(story.news() == Log{"started a text/x", "chunk a result", "#2 202", "answered a"});
  CHECK(story.witness.answers[2].body == "{\"status\":\"OK\"}\n");
  story.next();
  CHECK(story.news() == Log{"finished a"});
}

TEST_CASE("the headers of next") {
  Story story;
  story.next();
  lambda::Invocation invocation;
  invocation.id = "a";
  invocation.timeout = milliseconds(1500);
  invocation.function_arn = "arn:x";
  invocation.trace_id = "Root=1";
  invocation.client_context = "{}";
  invocation.tenant_id = "t";
  story.api.invoke(invocation, story.now);
  Witness& seen = story.witness;
  CHECK(seen.header(1, "Content-Type") == "application/json");
  CHECK(seen.header(1, "Lambda-Runtime-Aws-Request-Id") == "a");
  CHECK(seen.header(1, "Lambda-Runtime-Deadline-Ms") == "1700000001500");
  CHECK(seen.header(1, "Lambda-Runtime-Invoked-Function-Arn") == "arn:x");
  CHECK(seen.header(1, "Lambda-Runtime-Trace-Id") == "Root=1");
  CHECK(seen.header(1, "Lambda-Runtime-Client-Context") == "{}");
  CHECK(seen.header(1, "Lambda-Runtime-Aws-Tenant-Id") == "t");
  for (const http::Header& header : seen.answers[1].headers) CHECK(header.name != "Lambda-Runtime-Cognito-Identity");
}

TEST_CASE("an event that comes before the runtime asks waits; its time begins when it is delivered") {
  Story story;
  story.invoke("a");
  story.pass(milliseconds(10000));
  CHECK(story.news().empty());
  story.next();
  CHECK(story.news() == Log{"init done", "#1 200", "delivered a"});
  CHECK(story.witness.header(1, "Lambda-Runtime-Deadline-Ms") == "1700000013000");
}

TEST_CASE("queued events go out one after the other, and can be taken back") {
  Story story;
  story.invoke("a");
  story.invoke("b");
  story.invoke("c");
  story.next();
  CHECK(story.api.queued() == 2);
  CHECK(story.api.withdraw("b"));
  CHECK_FALSE(story.api.withdraw("b"));
  CHECK_FALSE(story.api.withdraw("a"));
  story.respond("a");
  story.news();
  story.next();
  CHECK(story.news() == Log{"finished a", "#3 200", "delivered c"});
}

TEST_CASE("answers that are refused") {
  Story story;
  story.respond("a");
  CHECK(story.news() == Log{"#1 400 InvalidRequestID"});
  story.next();
  story.invoke("a");
  story.news();
  story.respond("b");
  CHECK(story.news() == Log{"#3 400 InvalidRequestID"});
  story.respond("a");
  story.news();
  story.respond("a");
  story.report("a");
  CHECK(story.news() == Log{"#5 403 InvalidStateTransition", "#6 403 InvalidStateTransition"});
  CHECK(story.witness.answers[5].body ==
        "{\"errorMessage\":\"State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. "
        "Error: State transition is not allowed\",\"errorType\":\"InvalidStateTransition\"}\n");
  story.next();
  story.news();
  story.respond("a");
  CHECK(story.news() == Log{"#8 400 InvalidRequestID"});
}

TEST_CASE("an error: type, body and X-Ray cause") {
  Story story;
  story.next();
  story.invoke("a");
  story.news();
  story.report("a",
               {{"Lambda-Runtime-Function-Error-Type", "Function.Oops"},
                {"Lambda-Runtime-Function-XRay-Error-Cause", "{\"exceptions\":[]}"}},
               "{\"errorMessage\":\"no\"}");
  CHECK(story.news() == Log{"#2 202", "error a Function.Oops"});
  CHECK(story.witness.errors["a"].body == "{\"errorMessage\":\"no\"}");
  CHECK(story.witness.errors["a"].xray_cause == "{\"exceptions\":[]}");
  story.next();
  CHECK(story.news() == Log{"finished a"});
}

TEST_CASE("error types that are none, and causes that are no JSON") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"Runtime.Bad", "Runtime.Bad"},     {"Function.Bad", "Function.Bad"},     {"", "Runtime.Unknown"},
      {"TypeError", "Runtime.Unknown"},   {"Function.bad", "Function.Unknown"}, {"Function.", "Function.Unknown"},
      {"Runtime.A b", "Runtime.Unknown"}, {"Extension.X", "Runtime.Unknown"},
  };
  for (const auto& [sent, type] : rows) {
    Story story;
    story.next();
    story.invoke("a");
    story.report(
        "a", {{"Lambda-Runtime-Function-Error-Type", sent}, {"Lambda-Runtime-Function-XRay-Error-Cause", "\x1b[31m"}});
    CHECK(story.witness.errors["a"].type == type);
    CHECK(story.witness.errors["a"].xray_cause.empty());
  }
}

TEST_CASE("init error: only before the first next") {
  Story story;
  story.ask("POST", "/2018-06-01/runtime/init/error", {{"Lambda-Runtime-Function-Error-Type", "Runtime.NoSuchHandler"}},
            "why");
  CHECK(story.news() == Log{"#1 202", "init error Runtime.NoSuchHandler why"});
  story.next();
  story.ask("POST", "/2018-06-01/runtime/init/error");
  CHECK(story.news() == Log{"#2 403 InvalidStateTransition", "#3 403 InvalidStateTransition"});
  story.invoke("a");
  CHECK(story.news().empty());

  Story later;
  later.next();
  later.news();
  later.ask("POST", "/2018-06-01/runtime/init/error");
  CHECK(later.news() == Log{"#2 403 InvalidStateTransition"});
}

TEST_CASE("after the deadline nothing is accepted for that id") {
  Story story;
  story.next();
  story.invoke("a");
  CHECK(story.api.next_deadline() == story.now.steady + milliseconds(3000));
  story.pass(milliseconds(2999));
  story.news();
  story.pass(milliseconds(1));
  CHECK(story.news() == Log{"timed out a"});
  CHECK_FALSE(story.api.next_deadline().has_value());
  story.respond("a");
  story.report("a");
  CHECK(story.news() == Log{"#2 400 InvalidRequestID", "#3 400 InvalidRequestID"});
  story.next();
  story.invoke("b");
  CHECK(story.news() == Log{"#4 200", "delivered b"});
}

TEST_CASE("an answer that comes before anybody looked at the clock is late all the same") {
  Story story;
  story.next();
  story.invoke("a");
  story.news();
  story.now.steady += milliseconds(3000);
  story.respond("a");
  CHECK(story.news() == Log{"timed out a", "#2 400 InvalidRequestID"});
}

TEST_CASE("a deadline in the middle of an answer") {
  for (const bool streaming : {false, true}) {
    Story story;
    story.next();
    story.invoke("a");
    Headers headers = {{"Content-Type", "x"}};
    if (streaming) headers["Lambda-Runtime-Function-Response-Mode"] = "streaming";
    const auto request = story.request("POST", "/2018-06-01/runtime/invocation/a/response", headers);
    story.api.head(request, story.now);
    if (streaming) story.api.chunk(request.call, "1", story.now);
    story.news();
    story.pass(milliseconds(5000));
    if (streaming) story.api.chunk(request.call, "2", story.now);
    story.api.complete(request, "", Story::lookup({}), story.now);
    CHECK(story.news() == Log{"timed out a", "#2 400 InvalidRequestID"});
  }
}

TEST_CASE("6 MiB and 100 bytes are accepted, one more is not") {
  Story story;
  story.next();
  story.invoke("a");
  story.respond("a", std::string(6 * MiB + 100, 'x'));
  CHECK(story.witness.answers[2].status == 202);
  CHECK(story.witness.body["a"].size() == 6 * MiB + 100);
  story.next();
  story.invoke("b");
  story.news();
  story.respond("b", std::string(6 * MiB + 101, 'x'));
  CHECK(story.news() == Log{"#4 413 RequestEntityTooLarge", "error b Function.ResponseSizeTooLarge"});
  CHECK(story.witness.answers[4].body ==
        "{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
        "\"errorType\":\"RequestEntityTooLarge\"}\n");
  story.next();
  CHECK(story.news() == Log{"finished b"});
}

TEST_CASE("an event over 6 MiB is never delivered") {
  Story story;
  story.next();
  story.invoke("a", std::string(6 * MiB, 'x'));
  CHECK(story.witness.answers[1].body.size() == 6 * MiB);
  CHECK(error_of([&] { story.invoke("b", std::string(6 * MiB + 1, 'x')); }) ==
        "usage: the event has 6291457 bytes, limit 6291456 (send a reference to the data instead)");
}

TEST_CASE("a streamed response goes out while it comes in") {
  Story story;
  story.next();
  story.invoke("a");
  story.news();
  const Headers headers = {{"Lambda-Runtime-Function-Response-Mode", "streaming"}, {"Content-Type", "text/plain"}};
  const auto request = story.request("POST", "/2018-06-01/runtime/invocation/a/response", headers);
  const RuntimeApi::Plan plan = story.api.head(request, story.now);
  CHECK(plan.body == RuntimeApi::Body::chunks);
  CHECK(plan.limit == 20 * MiB);
  CHECK(story.news() == Log{"started a text/plain streaming"});
  story.api.chunk(request.call, "one", story.now);
  CHECK(story.news() == Log{"chunk a one"});
  story.respond("a");
  CHECK(story.news() == Log{"#3 403 InvalidStateTransition"});
  story.api.complete(request, "", Story::lookup({}), story.now);
  CHECK(story.news() == Log{"#2 202", "answered a"});
}

TEST_CASE("a streamed response that ends in an error says so in its trailers") {
  for (const std::string body : {"eyJhIjoxfQ==", "{\"a\":1}"}) {
    Story story;
    story.next();
    story.invoke("a");
    story.news();
    story.respond(
        "a", "part", {{"Lambda-Runtime-Function-Response-Mode", "streaming"}},
        {{"Lambda-Runtime-Function-Error-Type", "Function.Mid"}, {"Lambda-Runtime-Function-Error-Body", body}});
    CHECK(story.news() == Log{"started a  streaming", "chunk a part", "#2 202", "error a Function.Mid"});
    CHECK(story.witness.errors["a"].body == "{\"a\":1}");
  }
}

TEST_CASE("a response mode that does not exist") {
  Story story;
  story.next();
  story.invoke("a");
  story.news();
  story.respond("a", "x", {{"Lambda-Runtime-Function-Response-Mode", "buffered"}});
  CHECK(story.news() == Log{"#2 400 InvalidFunctionResponseMode", "error a Runtime.InvalidResponseModeHeader"});
  story.next();
  CHECK(story.news() == Log{"finished a"});
}

TEST_CASE("a runtime that breaks off in the middle of its answer") {
  Story story;
  story.next();
  story.invoke("a");
  const auto request = story.request("POST", "/2018-06-01/runtime/invocation/a/response");
  story.api.head(request, story.now);
  story.news();
  story.api.gone(request.call, story.now);
  CHECK(story.news() == Log{"error a Runtime.TruncatedResponse"});
}

TEST_CASE("a runtime that closes the connection on which it got the event") {
  Story story;
  story.next();
  story.invoke("a");
  story.news();
  story.api.connection_closed(2);
  CHECK(story.news().empty());
  story.api.connection_closed(1);
  CHECK(story.news() == Log{"runtime gone a"});
  story.respond("a");
  story.news();
  story.api.connection_closed(1);
  CHECK(story.news().empty());
}

TEST_CASE("a runtime that stops waiting does not swallow an event") {
  Story story;
  const auto first = story.next();
  story.api.gone(first, story.now);
  story.invoke("a");
  CHECK(story.news() == Log{"init done"});
  story.next();
  CHECK(story.news() == Log{"#2 200", "delivered a"});
}

TEST_CASE("a second next takes the place of the first; one without an answer brings the same event again") {
  Story story;
  story.next();
  story.next();
  CHECK(story.news() == Log{"init done", "#1 403 InvalidStateTransition"});
  story.invoke("a", "event");
  CHECK(story.news() == Log{"#2 200", "delivered a"});
  story.next();
  CHECK(story.news() == Log{"#3 200"});
  CHECK(story.witness.answers[3].body == "event");
}

TEST_CASE("several in flight: answers in any order, and the end with the answer") {
  RuntimeApi::Config config;
  config.concurrency = 3;
  Story story(config);
  for (int i = 0; i < 4; ++i) story.next();
  CHECK(story.news() == Log{"init done", "#4 403 InvalidStateTransition"});
  for (const char* id : {"a", "b", "c", "d"}) story.invoke(id);
  CHECK(story.news() == Log{"#1 200", "delivered a", "#2 200", "delivered b", "#3 200", "delivered c"});
  story.respond("b", "");
  CHECK(story.news() == Log{"started b ", "#5 202", "answered b", "finished b"});
  story.respond("b");
  CHECK(story.news() == Log{"#6 400 InvalidRequestID"});
  story.next();
  CHECK(story.news() == Log{"#7 200", "delivered d"});
  story.report("a");
  story.respond("d", "");
  story.respond("c", "");
  CHECK(story.api.in_flight() == 0);
}

TEST_CASE("snapshots: restore/next waits until the instance is restored") {
  RuntimeApi::Config config;
  config.restore = true;
  Story story(config);
  story.ask("GET", "/2018-06-01/runtime/restore/next");
  story.next();
  CHECK(story.news() == Log{"restore ready", "#2 403 InvalidStateTransition"});
  story.api.restore(story.now);
  story.next();
  CHECK(story.news() == Log{"#1 200", "init done"});

  Story failing(config);
  failing.ask("GET", "/2018-06-01/runtime/restore/next");
  failing.api.restore(failing.now);
  failing.news();
  failing.ask("POST", "/2018-06-01/runtime/restore/error", {{"Lambda-Runtime-Function-Error-Type", "Runtime.Hook"}},
              "b");
  failing.next();
  CHECK(failing.news() == Log{"#2 202", "init error Runtime.Hook b", "#3 403 InvalidStateTransition"});

  Story without;
  without.ask("GET", "/2018-06-01/runtime/restore/next");
  without.ask("POST", "/2018-06-01/runtime/restore/error");
  CHECK(without.news() == Log{"#1 403 InvalidStateTransition", "#2 403 InvalidStateTransition"});
}

TEST_CASE("the other paths") {
  Story story;
  const auto row = [&](const std::string& method, const std::string& path) {
    const auto call = story.ask(method, path);
    return fmt::format("{} {}", story.witness.answers[call].status, story.witness.answers[call].body);
  };
  CHECK(row("GET", "/2018-06-01/ping") == "200 pong");
  CHECK(row("PUT", "/2020-08-15/logs") ==
        "202 {\"errorMessage\":\"Logs API is not supported\",\"errorType\":\"Logs.NotSupported\"}\n");
  CHECK(row("PUT", "/2022-07-01/telemetry") ==
        "202 {\"errorMessage\":\"Telemetry API is not supported\",\"errorType\":\"Telemetry.NotSupported\"}\n");
  CHECK(row("GET", "/") == "404 404 page not found\n");
  CHECK(row("GET", "/2018-06-01/runtime/invocation/next/") == "404 404 page not found\n");
  CHECK(row("POST", "/2018-06-01/runtime/invocation/a/b/response") == "404 404 page not found\n");
  CHECK(row("POST", "/2018-06-01/runtime/invocation/next") == "405 ");
  CHECK(row("GET", "/2018-06-01/runtime/invocation/a/response") == "405 ");
}
