// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/serve_options.hpp"
#include "http/server.hpp"
#include "routing/call_log.hpp"
#include "serve/answers.hpp"
#include "serve/instance_spec.hpp"
#include "serve/invocation.hpp"
#include "serve/journal.hpp"
#include "serve/mailbox.hpp"
#include "serve/slots.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace fn::serve {

// Turns requests into calls to the slots, and sends their answers. Used by the loop's thread only.
class Endpoint final : public http::Handler {
 public:
  struct Counts {
    std::uint64_t calls = 0;  // accepted so far
    std::uint64_t failed = 0;
    std::uint64_t throttled = 0;
    std::uint64_t cut_off = 0;
  };

  Endpoint(const run::ServeOptions& options, const Shared& shared);

  // Handles messages from the slots.
  void handle(const std::vector<Message>& messages);
  // Lets instances of code that was changed go, once it is changed no more; watch_fd() is readable when it is (-1: no
  // code is watched), and next_look() is when this is to be called at the latest.
  void look_at_code();
  int watch_fd() const { return source_.watch_fd(); }
  std::optional<std::chrono::steady_clock::time_point> next_look() const { return source_.settles_at(); }
  // Refuses requests from now on; accepted calls continue.
  void drain() { draining_ = true; }
  // Ends accepted calls now.
  void cut_off();
  bool has_calls() const { return !calls_.empty(); }
  bool has_requests() const { return requests_ > 0; }
  const Counts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::system_clock;
  struct Pending {
    http::Exchange* exchange = nullptr;  // waits for the answer; none for an event, or if the client is gone
    InvocationType type = InvocationType::wait;
    bool aws_status = true;
    bool may_stream = false;
    bool streams = false;  // the answer has begun
    AnswerContext context;
    oci::Digest image;
    Clock::time_point since;
    std::string response;
  };

  void on_head(http::Exchange& exchange) override;
  void on_over_limit(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_end(http::Exchange& exchange, bool whole) override;

  bool is_ours(const InvokePath& asked, const InstanceSpec& spec) const;
  void respond_health(http::Exchange& exchange) const;
  void invoke(http::Exchange& exchange);
  void invoke_by_url(http::Exchange& exchange);
  std::shared_ptr<const InstanceSpec> find_spec(http::Exchange& exchange);
  void submit(http::Exchange& exchange, Invocation invocation, std::shared_ptr<const InstanceSpec> spec);
  void on_message(const ResponseHead& head);
  void on_message(const ResponseChunk& chunk);
  void on_message(const CallEnded& done);
  void on_message(const InstanceEnded& ended) { slots_.instance_ended(ended); }
  void tell_change();
  http::Response response_to(Pending& pending, call::Outcome& outcome);
  void tell(const Pending& pending, const CallEnded& done, const call::Outcome& outcome, unsigned status);
  void record(const Pending& pending, const CallEnded& done);

  const run::ServeOptions& options_;
  Journal& journal_;
  InstanceSpecSource source_;
  Slots slots_;
  routing::CallLog call_log_;
  std::map<std::uint64_t, Pending> calls_;  // by the id of the exchange that brought them
  Counts counts_;
  std::size_t requests_ = 0;  // that have no whole answer yet
  bool draining_ = false;
};

}  // namespace fn::serve
