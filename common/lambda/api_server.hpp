// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/server.hpp"
#include "lambda/runtime_api.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

namespace fn::lambda {

// The Runtime API of one instance on a listening socket, for a supervisor that polls it beside its other descriptors.
// Events come from within run_ready, invoke, restore and shutdown.
class ApiServer final : private http::Handler, private Answers {
 public:
  // Whether who connects from there is a process of the instance.
  using Admit = std::function<bool(const sockaddr&)>;

  // An empty make_id of the config gives random UUIDs. No `admit`: nobody else can reach the socket. `events` must
  // outlive the server.
  ApiServer(sys::Fd socket, RuntimeApi::Config config, Events& events, Admit admit = {});

  int poll_fd() const { return server_.poll_fd(); }
  // The longest time until run_ready must be called; nothing: forever.
  std::optional<std::chrono::milliseconds> timeout() const;
  void run_ready(std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // Hands the event to the runtime if it waits for one, else queues it (RuntimeApi::invoke).
  void invoke(Invocation invocation);
  bool withdraw(const std::string& id) { return api_.withdraw(id); }
  std::size_t queued() const { return api_.queued(); }
  std::size_t in_flight() const { return api_.in_flight(); }
  void postpone(std::chrono::steady_clock::duration pause) { api_.postpone(pause); }
  void restore();
  void shutdown(ShutdownReason reason, std::chrono::milliseconds allowance);

 private:
  void on_head(http::Exchange& exchange) override;
  void on_chunk(http::Exchange& exchange, std::string_view bytes) override;
  void on_over_limit(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_end(http::Exchange& exchange, bool whole) override;
  void on_closed(std::uint64_t connection) override;
  void answer(Call call, http::Response response) override;

  Events& events_;
  RuntimeApi api_;
  std::unordered_map<Call, http::Exchange*> open_;
  http::Server server_;  // last: its destructor calls on_end
};

}  // namespace fn::lambda
