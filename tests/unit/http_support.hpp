// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/server.hpp"
#include "http_client.hpp"
#include "sys/listen.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fn {

// A handler that writes down what it is told: "/path", "chunk 3", "over", "request 5", "end whole", "closed".
class Recorder : public http::Handler {
 public:
  void on_head(http::Exchange& exchange) override {
    ++heads;
    if (head) head(exchange);
  }
  void on_chunk(http::Exchange& exchange, std::string_view bytes) override {
    streamed += bytes;
    if (chunk) chunk(exchange, bytes);
  }
  void on_over_limit(http::Exchange& exchange) override {
    log.emplace_back("over");
    exchange.respond({413, {}, "too much"});
  }
  void on_request(http::Exchange& exchange) override {
    log.push_back("request " + std::to_string(exchange.body().size()));
    if (request) return request(exchange);
    exchange.respond({200, {}, "hello"});
  }
  void on_drained(http::Exchange& exchange) override {
    if (drained) drained(exchange);
  }
  void on_end(http::Exchange&, bool whole) override { log.emplace_back(whole ? "end whole" : "end cut"); }
  void on_closed(std::uint64_t) override { log.emplace_back("closed"); }

  int heads = 0;
  std::string streamed;
  std::vector<std::string> log;
  std::function<void(http::Exchange&)> head;
  std::function<void(http::Exchange&, std::string_view)> chunk;
  std::function<void(http::Exchange&)> request;
  std::function<void(http::Exchange&)> drained;
};

// A server on a port of its own.
class TestServer {
 public:
  explicit TestServer(const http::Server::Options& options = {})
      : TestServer(sys::listen_tcp("127.0.0.1", 0), options) {}

  RawClient client() {
    return {port_, [this] { server.run_ready(); }};
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) server.run_ready(std::chrono::milliseconds(2));
  }

  Recorder handler;

 private:
  TestServer(sys::Fd socket, const http::Server::Options& options)
      : port_(sys::local_port(socket.get())), server(std::move(socket), handler, options) {}
  std::uint16_t port_;

 public:
  http::Server server;
};

using Log = std::vector<std::string>;

}  // namespace fn
