// SPDX-License-Identifier: Apache-2.0
// Clients that mean no good: none may bring the server down, keep the others out, or make it grow.
#include "http_support.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace fn;
using http::Exchange;

namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// A well-behaved client is served.
bool serves(TestServer& site) {
  RawClient client = site.client();
  return client.ask("GET", "/").status == 200;
}

}  // namespace

TEST_CASE("a flood of headers is refused") {
  TestServer site;
  RawClient client = site.client();
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100000; ++i) text += fmt::format("X-{}: y\r\n", i);
  client.send(text + "\r\n");
  const int status = client.receive().status;
  CHECK((status == 431 || status == 413 || status == 0));
  CHECK(site.handler.heads == 0);
  CHECK(serves(site));
}

TEST_CASE("a request line without an end is refused") {
  TestServer site;
  RawClient client = site.client();
  client.send("GET /" + std::string(MiB, 'a'));
  CHECK(client.is_closed());
  CHECK(serves(site));
}

TEST_CASE("ten thousand requests in one go are answered one by one") {
  TestServer site;
  RawClient client = site.client();
  constexpr int count = 10000;
  std::string text;
  for (int i = 0; i < count; ++i) text += get;
  std::string received;
  client.send(std::string_view(text).substr(0, 64 * KiB));
  CHECK(serves(site));
  received += client.receive_more();
  client.send(std::string_view(text).substr(64 * KiB));
  received += client.receive_more();
  std::size_t answers = 0;
  for (std::size_t at = received.find("hello"); at != std::string::npos; at = received.find("hello", at + 5)) ++answers;
  CHECK(answers == count);
}

TEST_CASE("requests behind one that waits stay unread") {
  TestServer site;
  Exchange* waiting = nullptr;
  site.handler.request = [&](Exchange& exchange) {
    if (waiting != nullptr) return exchange.respond({200, {}, "second"});
    waiting = &exchange;
  };
  RawClient client = site.client();
  client.send(std::string(get) + std::string(get));
  site.turns(5);
  CHECK(site.handler.heads == 1);
  waiting->respond({200, {}, "first"});
  CHECK(client.receive().body == "first");
  CHECK(client.receive().body == "second");
}

TEST_CASE("a head that drips in byte by byte meets its time limit") {
  http::Server::Options options;
  options.request_timeout = std::chrono::seconds(1);
  TestServer site(options);
  RawClient client = site.client();
  const auto start = std::chrono::steady_clock::now();
  bool open = client.send("G");
  CHECK(site.server.timeout().has_value());
  while (open && std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) {
    open = client.send("G");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK_FALSE(open);
  CHECK(serves(site));
}

TEST_CASE("a body that is shorter than it says ends with its connection") {
  TestServer site;
  site.handler.head = [](Exchange& exchange) { exchange.stream_body(); };
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  site.turns(5);
  client.close();
  site.turns(5);
  CHECK(site.handler.streamed == "abc");
  CHECK(site.handler.log == Log{"end cut", "closed"});
  CHECK(serves(site));
}

TEST_CASE("a body without an end is cut off at the drain limit") {
  http::Server::Options options;
  options.body_limit = 10;
  options.drain_limit = MiB;
  TestServer site(options);
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  bool open = true;
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'z') + "\r\n";
  int sent = 0;
  for (; open && sent < 1000; ++sent) open = client.send(chunk);
  CHECK(sent < 200);
  CHECK(serves(site));
}

TEST_CASE("a length beyond the drain limit is refused at once") {
  TestServer site;
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000000000\r\n\r\nabc");
  CHECK(client.receive().status == 413);
  CHECK(client.is_closed());
}

TEST_CASE("broken requests are refused") {
  const std::vector<std::string> requests = {
      "\r\n\r\n\r\n\r\nhello",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
      std::string("GET /\0 HTTP/1.1\r\n\r\n", 20),
      std::string(70000, '\0'),
      "GET / HTTP/1.1\r\n" + std::string(40000, ' ') + "\r\n\r\n",
  };
  for (const std::string& request : requests) {
    TestServer site;
    RawClient client = site.client();
    client.send(request);
    client.half_close();
    client.receive_more();
    CAPTURE(request.substr(0, 60));
    CHECK(serves(site));
  }
}

TEST_CASE("a request whose length can be read in two ways goes no further") {
  const std::vector<std::pair<std::string, int>> headers = {
      {"Content-Length: 3\r\nContent-Length: 4\r\n", 400},
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400},
      {"Transfer-Encoding: gzip\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"transfer-encoding: chunked\r\nTransfer-Encoding: identity\r\n", 501},
  };
  for (const auto& header : headers) {
    const auto& lines = header.first;
    const auto& status = header.second;
    CAPTURE(lines);
    TestServer site;
    RawClient client = site.client();
    client.send("POST / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n3\r\nabc\r\n0\r\n\r\n");
    CHECK(client.receive().status == status);
    CHECK(client.is_closed());
    CHECK(site.handler.log == Log{"closed"});
    CHECK(serves(site));
  }
  TestServer site;
  RawClient client = site.client();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc");
  CHECK(client.receive().status == 200);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n");
  CHECK(client.receive().status == 200);
}

TEST_CASE("who is one too many is told so, and those who say nothing make room") {
  http::Server::Options options;
  options.connections = 4;
  options.idle_timeout = std::chrono::seconds(1);
  options.request_timeout = std::chrono::seconds(60);
  TestServer site(options);
  std::vector<RawClient> silent;
  for (int i = 0; i < 4; ++i) {
    silent.push_back(site.client());
    silent.back().send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  }
  site.turns(5);
  RawClient late = site.client();
  late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer answer = late.receive();
  CHECK(answer.status == 503);
  CHECK(answer.body == "too many connections\n");
  for (int n = 0; n < 40; ++n) {
    site.turns(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(serves(site));
}

TEST_CASE("more connections than are allowed are turned away, and come in when there is room") {
  http::Server::Options options;
  options.connections = 4;
  TestServer site(options);
  {
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(site.client());
    site.turns(5);
  }
  site.turns(10);
  CHECK(serves(site));
}

TEST_CASE("bytes at random") {
  std::uint64_t seed = 88172645463325252U;
  const auto random = [&] {
    seed ^= seed << 13U;
    seed ^= seed >> 7U;
    seed ^= seed << 17U;
    return seed;
  };
  const std::string base =
      "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n5\r\nhello\r\n0\r\nT: "
      "1\r\n\r\n";
  TestServer site;
  for (int round = 0; round < 300; ++round) {
    std::string text = base + base;
    for (int i = 0; i < 4; ++i) text[random() % text.size()] = char(random());
    RawClient client = site.client();
    client.send(text);
    site.turns(1);
  }
  CHECK(serves(site));
}
