// SPDX-License-Identifier: Apache-2.0
// The Runtime API over real sockets, against a client that says exactly what it is told.
#include "call/log_lines.hpp"
#include "http_client.hpp"
#include "lambda/api_server.hpp"
#include "lambda_story.hpp"
#include "sys/listen.hpp"

#include <doctest/doctest.h>

using namespace fn;
using lambda::ApiServer;

namespace {

const std::string next_path = "/2018-06-01/runtime/invocation/next";

class Instance {
 public:
  explicit Instance(const lambda::RuntimeApi::Config& config = {})
      : Instance(sys::listen_tcp("127.0.0.1", 0), config) {}

  RawClient client() {
    return {port_, [this] { server.run_ready(); }};
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) server.run_ready(std::chrono::milliseconds(2));
  }
  void invoke(const std::string& id, const std::string& event, int timeout_ms = 3000) {
    lambda::Invocation invocation;
    invocation.id = id;
    invocation.event = event;
    invocation.timeout = std::chrono::milliseconds(timeout_ms);
    server.invoke(invocation);
  }
  Log news() { return std::exchange(witness.log, {}); }

  Witness witness;

 private:
  Instance(sys::Fd socket, const lambda::RuntimeApi::Config& config)
      : port_(sys::local_port(socket.get())), server(std::move(socket), config, witness) {}
  std::uint16_t port_;

 public:
  ApiServer server;
};

void wait_for_next(RawClient& client, Instance& instance) {
  client.send("GET " + next_path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  instance.turns(3);
}

std::string response_path(const std::string& id) {
  return "/2018-06-01/runtime/invocation/" + id + "/response";
}

}  // namespace

TEST_CASE("an event travels to the runtime and its answer back") {
  Instance instance;
  RawClient runtime = instance.client();
  wait_for_next(runtime, instance);
  CHECK(instance.news() == Log{"init done"});
  instance.invoke("a", "{\"x\":1}");
  const Answer event = runtime.receive();
  CHECK(event.body == "{\"x\":1}");
  CHECK(event.header("Lambda-Runtime-Aws-Request-Id") == "a");
  CHECK(event.header("Lambda-Runtime-Deadline-Ms").size() == 13);
  CHECK(runtime.ask("POST", response_path("a"), "Content-Type: x/y\r\n", "done").body == "{\"status\":\"OK\"}\n");
  CHECK(instance.news() == Log{"delivered a", "started a x/y", "chunk a done", "answered a"});
  wait_for_next(runtime, instance);
  CHECK(instance.news() == Log{"finished a"});
}

TEST_CASE("a streamed answer, in pieces as they come, with an error at its end") {
  Instance instance;
  RawClient runtime = instance.client();
  wait_for_next(runtime, instance);
  instance.invoke("a", "{}");
  runtime.receive();
  instance.news();
  runtime.send(
      "POST " + response_path("a") +
      " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
      "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n5\r\nhello\r\n");
  instance.turns(3);
  CHECK(instance.news() == Log{"started a  streaming", "chunk a hello"});
  runtime.send(
      "6\r\n world\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Late\r\n"
      "Lambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\r\n\r\n");
  CHECK(runtime.receive().status == 202);
  CHECK(instance.news() == Log{"chunk a  world", "error a Function.Late"});
  CHECK(instance.witness.errors["a"].body == "{\"a\":1}");
}

TEST_CASE("the size limit on the wire: to the byte, and the runtime goes on") {
  for (const bool chunked : {false, true}) {
    Instance instance;
    RawClient runtime = instance.client();
    const auto answer = [&](const std::string& id, std::size_t size) {
      wait_for_next(runtime, instance);
      instance.invoke(id, "{}");
      runtime.receive();
      if (!chunked) return runtime.ask("POST", response_path(id), "", std::string(size, 'x')).status;
      runtime.send("POST " + response_path(id) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      runtime.send(fmt::format("{:x}\r\n", size) + std::string(size, 'x') + "\r\n0\r\n\r\n");
      return runtime.receive().status;
    };
    CHECK(answer("a", 6 * MiB + 100) == 202);
    CHECK(answer("b", 6 * MiB + 101) == 413);
    CHECK(answer("c", 10) == 202);
    CHECK(instance.witness.errors["b"].type == "Function.ResponseSizeTooLarge");
    CHECK(instance.witness.body["a"].size() == 6 * MiB + 100);
  }
}

TEST_CASE("a streamed answer over 20 MiB") {
  Instance instance;
  RawClient runtime = instance.client();
  wait_for_next(runtime, instance);
  instance.invoke("a", "{}");
  runtime.receive();
  const std::string headers = "Lambda-Runtime-Function-Response-Mode: streaming\r\n";
  CHECK(runtime.ask("POST", response_path("a"), headers, std::string(20 * MiB + 1, 'x')).status == 413);
  CHECK(instance.witness.errors["a"].type == "Function.ResponseSizeTooLarge");
}

TEST_CASE("a runtime that dies while it waits, works or answers") {
  Instance instance;
  RawClient waiting = instance.client();
  wait_for_next(waiting, instance);
  waiting.close();
  instance.turns(5);
  instance.news();
  instance.invoke("a", "{}");
  CHECK(instance.server.queued() == 1);
  RawClient working = instance.client();
  wait_for_next(working, instance);
  CHECK(instance.news() == Log{"delivered a"});
  working.close();
  instance.turns(5);
  CHECK(instance.news() == Log{"runtime gone a"});
  RawClient answering = instance.client();
  answering.send("POST " + response_path("a") + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart");
  instance.turns(3);
  answering.close();
  instance.turns(5);
  CHECK(instance.news() == Log{"error a Runtime.TruncatedResponse"});
}

TEST_CASE("a late answer") {
  Instance instance;
  RawClient runtime = instance.client();
  wait_for_next(runtime, instance);
  instance.invoke("a", "{}", 30);
  runtime.receive();
  CHECK(instance.server.timeout().has_value());
  while (instance.server.in_flight() > 0) instance.server.run_ready(std::chrono::milliseconds(-1));
  CHECK(instance.witness.log.back() == "timed out a");
  CHECK_FALSE(instance.server.timeout().has_value());
  const Answer late = runtime.ask("POST", response_path("a"), "", "x");
  CHECK(late.status == 400);
  CHECK(late.body == "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n");
}

TEST_CASE("32 invocations in flight, answered backwards") {
  constexpr int count = 32;
  lambda::RuntimeApi::Config config;
  config.concurrency = count;
  Instance instance(config);
  std::vector<RawClient> runtimes;
  for (int i = 0; i < count; ++i) {
    runtimes.push_back(instance.client());
    wait_for_next(runtimes.back(), instance);
  }
  for (int i = 0; i < count; ++i) instance.invoke(fmt::format("id{}", i), fmt::format("event {}", i));
  CHECK(instance.server.in_flight() == count);
  for (int i = count; i-- > 0;) {
    const Answer event = runtimes[std::size_t(i)].receive();
    const std::string id = event.header("Lambda-Runtime-Aws-Request-Id");
    CHECK(event.body == "event " + id.substr(2));
    CHECK(runtimes[std::size_t(i)].ask("POST", response_path(id), "", "answer to " + event.body).status == 202);
  }
  CHECK(instance.server.in_flight() == 0);
  for (int i = 0; i < count; ++i)
    CHECK(instance.witness.body[fmt::format("id{}", i)] == fmt::format("answer to event {}", i));
}

TEST_CASE("an extension's life on the wire") {
  lambda::RuntimeApi::Config config;
  config.external_extensions = {"watch"};
  Instance instance(config);
  RawClient extension = instance.client();
  RawClient runtime = instance.client();
  const Answer registered = extension.ask("POST", "/2020-01-01/extension/register", "Lambda-Extension-Name: watch\r\n",
                                          "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}");
  const std::string id = registered.header("Lambda-Extension-Identifier");
  CHECK(id.size() == 36);
  const std::string event_next =
      "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: x\r\nLambda-Extension-Identifier: " + id + "\r\n\r\n";
  extension.send(event_next);
  wait_for_next(runtime, instance);
  CHECK(instance.news() == Log{"init done"});
  instance.invoke("a", "{}");
  CHECK(runtime.receive().status == 200);
  CHECK(extension.receive().body.find("\"requestId\":\"a\"") != std::string::npos);
  runtime.ask("POST", response_path("a"), "", "{}");
  wait_for_next(runtime, instance);
  CHECK(instance.witness.log.back() == "answered a");
  extension.send(event_next);
  instance.turns(3);
  CHECK(instance.witness.log.back() == "finished a");
  instance.server.shutdown(lambda::ShutdownReason::failure, std::chrono::milliseconds(300));
  CHECK(extension.receive().body.find("\"shutdownReason\":\"failure\"") != std::string::npos);
}
