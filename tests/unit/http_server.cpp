// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "http_support.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <sys/un.h>
#include <thread>

using namespace fn;
using http::Exchange;

TEST_CASE("a request arrives with its parts, and the answer with its") {
  TestServer site;
  std::string seen;
  site.handler.request = [&](Exchange& exchange) {
    seen = fmt::format("{} {} {} {} {}", exchange.method(), exchange.path(), exchange.query(),
                       exchange.header("x-OTHER").value_or("none"), exchange.body());
    CHECK_FALSE(exchange.header("X-Not").has_value());
    exchange.respond({201, {{"X-Mine", "yes"}}, "made"});
  };
  RawClient client = site.client();
  const Answer answer = client.ask("POST", "/a%20b/c?x=1&y", "X-Other: some value\r\n", "payload");
  CHECK(seen == "POST /a%20b/c x=1&y some value payload");
  CHECK(answer.status == 201);
  CHECK(answer.header("X-Mine") == "yes");
  CHECK(answer.body == "made");
  CHECK(client.ask("GET", "/again").status == 201);
  CHECK(site.handler.log == Log{"request 7", "end whole", "request 0", "end whole"});
  client.close();
  site.turns(5);
  CHECK(site.handler.log.back() == "closed");
}

TEST_CASE("a target may be a whole URL, as clients of a proxy send it") {
  TestServer site;
  std::string seen;
  site.handler.request = [&](Exchange& exchange) {
    seen = fmt::format("{}|{}", exchange.path(), exchange.query());
    exchange.respond({200, {}, {}});
  };
  RawClient client = site.client();
  const auto asked = [&](const char* target) { return client.ask("GET", target).status == 200 ? seen : "refused"; };
  CHECK(asked("http://127.0.0.1:9001/a/b?x=1") == "/a/b|x=1");
  CHECK(asked("HTTP://user@host/a%20b") == "/a%20b|");
  CHECK(asked("https://[::1]:9001/") == "/|");
  CHECK(asked("http://host") == "/|");
  CHECK(asked("http://host?x=http://other/") == "/|x=http://other/");
  CHECK(asked("/http://host/a") == "/http://host/a|");
  CHECK(asked("/a?u=http://host/b") == "/a|u=http://host/b");
}

TEST_CASE("chunked bodies and their trailers") {
  TestServer site;
  std::string trailer;
  site.handler.request = [&](Exchange& exchange) {
    trailer = exchange.trailer("x-sum").value_or("none");
    exchange.respond({200, {}, exchange.body()});
  };
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n");
  client.send("2;extension=1\r\nde\r\n0\r\nX-Sum: 42\r\n\r\n");
  CHECK(client.receive().body == "abcde");
  CHECK(trailer == "42");
}

TEST_CASE("a body that is taken in chunks is not kept") {
  TestServer site;
  int chunks = 0;
  site.handler.head = [](Exchange& exchange) { exchange.stream_body(); };
  site.handler.chunk = [&](Exchange&, std::string_view) { ++chunks; };
  RawClient client = site.client();
  const std::string body(300 * KiB, 'b');
  CHECK(client.ask("POST", "/", "", body).status == 200);
  CHECK(site.handler.streamed == body);
  CHECK(chunks > 1);
  CHECK(site.handler.log == Log{"request 0", "end whole"});
}

TEST_CASE("one byte over the limit is 413, and the connection stays") {
  http::Server::Options options;
  options.body_limit = 100 * KiB;
  TestServer site(options);
  RawClient client = site.client();
  CHECK(client.ask("POST", "/", "", std::string(100 * KiB, 'x')).status == 200);
  CHECK(client.ask("POST", "/", "", std::string(100 * KiB + 1, 'x')).status == 413);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n19001\r\n" + std::string(0x19001, 'x') +
              "\r\n0\r\n\r\n");
  CHECK(client.receive().status == 413);
  CHECK(client.ask("GET", "/").status == 200);
}

TEST_CASE("a client that asks first is refused before it sends the body") {
  http::Server::Options options;
  options.body_limit = 10;
  TestServer site(options);
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
  CHECK(client.receive().status == 413);
  CHECK(client.is_closed());
}

TEST_CASE("an answer may come later, from outside") {
  TestServer site;
  Exchange* waiting = nullptr;
  site.handler.request = [&](Exchange& exchange) { waiting = &exchange; };
  RawClient client = site.client();
  client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  site.turns(5);
  REQUIRE(waiting != nullptr);
  CHECK(client.receive_more().empty());
  CHECK_FALSE(site.server.timeout().has_value());
  waiting->respond({200, {}, "now"});
  site.server.flush();
  CHECK(client.receive().body == "now");
}

TEST_CASE("a client that goes away while it waits is noticed") {
  for (const bool half : {false, true}) {
    TestServer site;
    Exchange* waiting = nullptr;
    site.handler.request = [&](Exchange& exchange) { waiting = &exchange; };
    RawClient client = site.client();
    client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    site.turns(5);
    REQUIRE(waiting != nullptr);
    half ? client.half_close() : client.close();
    site.turns(5);
    CHECK(site.handler.log == Log{"request 0", "end cut", "closed"});
  }
}

TEST_CASE("what a client sent before it closed its side is answered") {
  TestServer site;
  RawClient client = site.client();
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  client.half_close();
  CHECK(client.receive().body == "hello");
}

TEST_CASE("a client that only has no more to send gets its answer, if that is asked for") {
  http::Server::Options options;
  options.answers_half_closed = true;
  options.request_timeout = std::chrono::seconds(60);
  TestServer site(options);
  Exchange* waiting = nullptr;
  site.handler.request = [&](Exchange& exchange) { waiting = &exchange; };
  RawClient patient = site.client();
  patient.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
  patient.half_close();
  site.turns(5);
  CHECK(site.handler.log == Log{"request 1"});
  REQUIRE(waiting != nullptr);
  waiting->respond({200, {}, "late"});
  CHECK(patient.receive().body == "late");
  CHECK(patient.is_closed());
  site.handler.log.clear();
  // One that goes away altogether, at once or later, is noticed in a second or two.
  for (const bool later : {false, true}) {
    RawClient gone = site.client();
    gone.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    if (later) gone.half_close();
    site.turns(5);
    gone.close();
    for (int n = 0; n < 300 && site.handler.log.size() < 3; ++n) {
      site.turns(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(site.handler.log == Log{"request 0", "end cut", "closed"});
    site.handler.log.clear();
  }
}

TEST_CASE("an answer in pieces, with trailers") {
  TestServer site;
  Exchange* open = nullptr;
  int drained = 0;
  site.handler.request = [&](Exchange& exchange) {
    exchange.start(200, {{"Trailer", "X-Sum"}});
    exchange.write("one ");
    open = &exchange;
  };
  site.handler.drained = [&](Exchange&) { ++drained; };
  RawClient client = site.client();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.receive_more().find("one ") != std::string::npos);
  CHECK(drained > 0);
  CHECK(open->unsent() == 0);
  open->write(std::string(200 * KiB, 'y'));
  const std::string part = client.receive_more();
  CHECK(part.size() > 200 * KiB);
  open->finish({{"X-Sum", "7"}});
  CHECK(client.receive_more() == "0\r\nX-Sum: 7\r\n\r\n");
  CHECK(site.handler.log == Log{"request 0", "end whole"});
}

TEST_CASE("a streamed answer that is given up has no end") {
  TestServer site;
  Exchange* open = nullptr;
  site.handler.request = [&](Exchange& exchange) {
    exchange.start(200, {});
    exchange.write("some");
    open = &exchange;
  };
  RawClient client = site.client();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  site.turns(5);
  open->abort();
  const std::string text = client.receive_more();
  CHECK(text.find("some") != std::string::npos);
  CHECK(text.find("\r\n0\r\n") == std::string::npos);
  CHECK(client.is_closed());
  CHECK(site.handler.log == Log{"request 0", "end cut", "closed"});
}

TEST_CASE("what a handler throws comes out of run_ready, and the server goes on") {
  TestServer site;
  site.handler.request = [](Exchange&) { fail(Kind::failure, "no luck"); };
  RawClient client = site.client();
  CHECK(error_of([&] { client.ask("GET", "/"); }) == "failure: no luck");
  site.handler.request = nullptr;
  RawClient other = site.client();
  CHECK(other.ask("GET", "/").status == 200);
}

TEST_CASE("a server with open and waiting exchanges can be taken down") {
  auto site = std::make_unique<TestServer>();
  site->handler.request = [](Exchange& exchange) {
    if (exchange.path() == "/stream") exchange.start(200, {});
  };
  RawClient waiting = site->client();
  RawClient streaming = site->client();
  RawClient reading = site->client();
  waiting.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  streaming.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  reading.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  site->turns(5);
  CHECK(site->handler.heads == 3);
  site.reset();
}

TEST_CASE("the server works on a unix socket too") {
  const Scratch scratch;
  const sys::Fd dir = sys::open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  Recorder handler;
  http::Server server(sys::listen_unix(dir.get(), "api"), handler, {});
  const sys::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  scratch.path("api").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) == ssize_t(request.size()));
  for (int i = 0; i < 5; ++i) server.run_ready(std::chrono::milliseconds(2));
  char answer[1024] = {};
  CHECK(recv(client.get(), answer, sizeof answer - 1, 0) > 0);
  CHECK(std::string_view(answer).find("hello") != std::string_view::npos);
}

TEST_CASE("who is not admitted is never read, and takes nobody's place") {
  std::vector<std::uint16_t> asked;
  bool admitted = false;
  http::Server::Options options;
  options.connections = 2;
  options.admit = [&](const sockaddr& from) {
    asked.push_back(ntohs(reinterpret_cast<const sockaddr_in&>(from).sin_port));
    return admitted;
  };
  TestServer site(options);
  std::vector<RawClient> strangers;
  for (int n = 0; n < 40; ++n) strangers.push_back(site.client());
  for (RawClient& stranger : strangers) {
    stranger.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(stranger.is_closed());
  }
  CHECK(asked.size() == strangers.size());
  CHECK(site.handler.heads == 0);
  CHECK(site.handler.log.empty());
  admitted = true;
  RawClient client = site.client();
  CHECK(client.ask("GET", "/").status == 200);
  CHECK(client.ask("GET", "/").status == 200);
  CHECK(asked.size() == strangers.size() + 1);  // once for a connection
}
