// SPDX-License-Identifier: Apache-2.0
// The Runtime API over HTTP, for one function, in the caller's thread. Three parts stand in a row: http::Server reads
// and writes connections, ApiServer translates between requests and calls to the API, RuntimeApi (runtime_api.cpp) is
// the state of the protocol and knows neither sockets nor time. A request that must wait (`next`) is an exchange
// without an answer yet; RuntimeApi answers it later by the number that it was given.
//
// Whoever runs the loop waits for poll_fd() or timeout(), then calls run_ready(). Nothing here blocks, and nothing that
// the function sends may throw out of run_ready(): what it gets wrong is answered with a status.
#include "lambda/api_server.hpp"

#include "call/log_lines.hpp"

#include <utility>

namespace fn::lambda {
namespace {

Now read_clocks() {
  return {std::chrono::steady_clock::now(),
          call::deadline_ms(std::chrono::system_clock::now(), std::chrono::milliseconds(0))};
}

Request request_of(const http::Exchange& exchange) {
  return {exchange.id(), exchange.connection(), exchange.method(), exchange.path(),
          [&exchange](std::string_view name) { return exchange.header(name); }};
}

RuntimeApi::Config with_ids(RuntimeApi::Config config) {
  if (!config.make_id) config.make_id = call::new_request_id;
  return config;
}

http::Server::Options options(ApiServer::Admit admit) {
  http::Server::Options result;
  // The function's own processes are the only clients. A connection may stay idle for as long as an event takes.
  result.connections = 256;
  result.connection_memory = 64 * KiB;
  result.admit = std::move(admit);
  return result;
}

}  // namespace

ApiServer::ApiServer(sys::Fd socket, RuntimeApi::Config config, Events& events, Admit admit)
    : events_(events),
      api_(with_ids(std::move(config)), *this, events_),
      server_(std::move(socket), *this, options(std::move(admit))) {}

std::optional<std::chrono::milliseconds> ApiServer::timeout() const {
  using std::chrono::milliseconds;
  std::optional<milliseconds> result = server_.timeout();
  const auto deadline = api_.next_deadline();
  if (!deadline) return result;
  // Rounded up: woken too early, the owner would spin until the deadline.
  const auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
  const milliseconds bounded = std::max(left, milliseconds(0));
  return result ? std::min(*result, bounded) : bounded;
}

void ApiServer::run_ready(std::chrono::milliseconds wait) {
  if (wait.count() != 0) {
    const auto own = timeout();
    if (own && (wait.count() < 0 || *own < wait)) wait = *own;
  }
  server_.run_ready(wait);
  if (api_.in_flight() > 0) api_.tick(read_clocks());
  server_.flush();
}

void ApiServer::invoke(Invocation invocation) {
  api_.invoke(std::move(invocation), read_clocks());
  server_.flush();
}

void ApiServer::restore() {
  api_.restore(read_clocks());
  server_.flush();
}

void ApiServer::shutdown(ShutdownReason reason, std::chrono::milliseconds allowance) {
  api_.shutdown(reason, read_clocks(), allowance);
  server_.flush();
}

void ApiServer::on_head(http::Exchange& exchange) {
  open_.emplace(exchange.id(), &exchange);
  const RuntimeApi::Plan plan = api_.head(request_of(exchange), read_clocks());
  exchange.limit_body(plan.limit);
  if (plan.body == RuntimeApi::Body::chunks) exchange.stream_body();
}

void ApiServer::on_chunk(http::Exchange& exchange, std::string_view bytes) {
  api_.chunk(exchange.id(), bytes, read_clocks());
}

void ApiServer::on_over_limit(http::Exchange& exchange) {
  api_.over_limit(exchange.id(), read_clocks());
}

void ApiServer::on_request(http::Exchange& exchange) {
  const Lookup trailer = [&exchange](std::string_view name) { return exchange.trailer(name); };
  api_.complete(request_of(exchange), exchange.body(), trailer, read_clocks());
}

void ApiServer::on_end(http::Exchange& exchange, bool) {
  open_.erase(exchange.id());
  if (!exchange.answered() || exchange.dropped()) api_.gone(exchange.id(), read_clocks());
}

void ApiServer::on_closed(std::uint64_t connection) {
  api_.connection_closed(connection);
}

void ApiServer::answer(Call call, http::Response response) {
  const auto found = open_.find(call);
  if (found != open_.end()) found->second->respond(std::move(response));
}

}  // namespace fn::lambda
