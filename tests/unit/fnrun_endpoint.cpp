// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "fnrun_serve.hpp"
#include "http_client.hpp"
#include "serve/endpoint.hpp"
#include "sys/listen.hpp"

using namespace fn;

namespace {

constexpr const char* invoke_path = "/2015-03-31/functions/function/invocations";

// The endpoint behind a server of its own, in this thread.
class Site : public ServeSite {
 public:
  explicit Site(std::uint64_t concurrency = 1, std::uint64_t queue = 0)
      : options_(options_for(*this, concurrency, queue)),
        endpoint(options_, shared),
        socket_(sys::listen_tcp("127.0.0.1", 0)),
        port_(sys::local_port(socket_.get())),
        server_(std::move(socket_), endpoint, {}) {}
  // The slots wait for their calls.
  ~Site() { fake.go(); }

  RawClient client() {
    return {port_, [this] { turn(); }};
  }
  Answer ask(const std::string& method, const std::string& path, const std::string& headers = {},
             const std::string& body = {}) {
    return client().ask(method, path, headers, body);
  }
  void turn() {
    server_.run_ready();
    endpoint.handle(mailbox.take());
    server_.flush();
  }

 private:
  static run::ServeOptions options_for(const ServeSite& site, std::uint64_t concurrency, std::uint64_t queue) {
    run::ServeOptions options;
    function::Assignment assignment;
    assignment.state.home = options.home = site.scratch.path("home");
    assignment.version = "v1";
    options.target = "app:v1";
    options.launch = to_json(assignment);
    options.concurrency = concurrency;
    options.queue = queue;
    return options;
  }

  run::ServeOptions options_;

 public:
  serve::Endpoint endpoint;

 private:
  sys::Fd socket_;
  std::uint16_t port_;
  http::Server server_;
};

std::string type_of(const Answer& answer) {
  return fmt::format("{} {}", answer.status, answer.header("X-Amzn-ErrorType"));
}

}  // namespace

TEST_CASE("what is not a call is refused, each in its way") {
  Site site;
  CHECK(type_of(site.ask("GET", "/other")) == "404 ResourceNotFoundException");
  CHECK(type_of(site.ask("GET", invoke_path)) == "405 MethodNotAllowedException");
  CHECK(type_of(site.ask("POST", "/health")) == "405 MethodNotAllowedException");
  CHECK(type_of(site.ask("POST", invoke_path, "Origin: http://evil.example\r\n", "{}")) == "403 AccessDeniedException");
  CHECK(type_of(site.ask("POST", invoke_path, "", "{")) == "400 InvalidRequestContentException");
  CHECK(type_of(site.ask("POST", "/2015-03-31/functions/another/invocations", "", "{}")) ==
        "404 ResourceNotFoundException");
  CHECK(type_of(site.ask("POST", std::string(invoke_path) + "?Qualifier=v2", "", "{}")) ==
        "404 ResourceNotFoundException");
  CHECK(site.endpoint.counts().calls == 0);
  CHECK_FALSE(site.endpoint.has_requests());
}

TEST_CASE("a dry run is answered without a call") {
  Site site;
  const Answer answer = site.ask("POST", invoke_path, "X-Amz-Invocation-Type: DryRun\r\n", "{}");
  CHECK(answer.status == 204);
  CHECK(answer.header("X-Amz-Executed-Version") == "v1");
  CHECK(answer.header("X-Amzn-RequestId").size() == 36);
  CHECK(site.endpoint.counts().calls == 0);
}

TEST_CASE("the answer to a call is what became of it; health counts it") {
  Site site;
  const Answer answer = site.ask("POST", std::string(invoke_path) + "?Qualifier=v1", "", "{}");
  CHECK(answer.status == 500);
  CHECK(Json::parse(answer.body, "answer").at("errorMessage").as_string() == "it is a fake");
  CHECK(answer.header("X-Amz-Function-Error").empty());  // the function was not at fault
  const Json health = Json::parse(site.ask("GET", "/health").body, "health");
  CHECK(health.at("status").as_string() == "ready");
  CHECK(health.at("calls").at("taken").as_integer() == 1);
  CHECK(health.at("calls").at("failed").as_integer() == 1);
}

TEST_CASE("an event is accepted at once, and goes on without its client") {
  Site site;
  site.fake.wait();
  CHECK(site.ask("POST", invoke_path, "X-Amz-Invocation-Type: Event\r\n", "{}").status == 202);
  CHECK(site.endpoint.has_calls());
  CHECK_FALSE(site.endpoint.has_requests());
  site.fake.go();
  while (site.endpoint.has_calls()) site.endpoint.handle(site.wait());
  CHECK(site.endpoint.counts().failed == 1);
}

TEST_CASE("one call too many is told so") {
  Site site;
  site.fake.wait();
  CHECK(site.ask("POST", invoke_path, "X-Amz-Invocation-Type: Event\r\n", "{}").status == 202);
  CHECK(type_of(site.ask("POST", invoke_path, "", "{}")) == "429 TooManyRequestsException");
  CHECK(site.endpoint.counts().throttled == 1);
}

TEST_CASE("a server that stops refuses calls and says so in health; what was taken is cut off") {
  Site site(1, 1);
  site.fake.wait();
  CHECK(site.ask("POST", invoke_path, "X-Amz-Invocation-Type: Event\r\n", "{}").status == 202);
  RawClient waiting = site.client();
  const std::string request =
      std::string("POST ") + invoke_path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
  REQUIRE(waiting.send(request));
  while (site.endpoint.counts().calls < 2) site.turn();
  site.endpoint.drain();
  CHECK(type_of(site.ask("POST", invoke_path, "", "{}")) == "503 ServiceException");
  const Answer health = site.ask("GET", "/health");
  CHECK(health.status == 503);
  CHECK(Json::parse(health.body, "health").at("status").as_string() == "stopping");
  site.endpoint.cut_off();
  CHECK(site.endpoint.counts().cut_off == 2);
  CHECK(waiting.receive().status == 503);
}
