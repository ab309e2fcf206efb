// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "answers.hpp"
#include "http/server.hpp"
#include "invocation.hpp"
#include "journal.hpp"
#include "mailbox.hpp"
#include "pool.hpp"
#include "routing/outcome_log.hpp"
#include "serve_options.hpp"
#include "work.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace fn::serve {

// Requests in, calls to the pool, answers out. Belongs to the loop.
class Endpoint final : public http::Handler {
 public:
  struct Counts {
    std::uint64_t calls = 0;  // that were taken
    std::uint64_t failed = 0;
    std::uint64_t throttled = 0;
    std::uint64_t cut_off = 0;
  };

  Endpoint(const run::ServeOptions& options, const Surroundings& around);

  // What the slots said.
  void handle(const std::vector<Message>& messages);
  // Requests are refused from now on; calls that were taken go on.
  void drain() { draining_ = true; }
  // Calls that were taken end now.
  void cut_off();
  bool has_calls() const { return !calls_.empty(); }
  bool has_requests() const { return requests_ > 0; }
  const Counts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::system_clock;
  struct Pending {
    http::Exchange* exchange = nullptr;  // of who waits for the answer; none for an event, or if it went away
    Kind kind = Kind::wait;
    bool may_stream = false;
    bool streams = false;  // the answer has begun
    Known known;
    oci::Digest image;
    Clock::time_point since;
    std::string response;
  };

  void on_head(http::Exchange& exchange) override;
  void on_over_limit(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_end(http::Exchange& exchange, bool whole) override;

  bool is_ours(const Asked& asked, const Work& work) const;
  void respond_health(http::Exchange& exchange) const;
  void take(http::Exchange& exchange, const Asked& asked);
  void submit(http::Exchange& exchange, Invocation invocation, std::shared_ptr<const Work> work);
  void on_message(const Head& head);
  void on_message(const Chunk& chunk);
  void on_message(const Done& done);
  void on_message(const Cooled& cooled) { pool_.cooled(cooled); }
  void answer_call(Pending& pending, const Done& done);
  void tell(const Pending& pending, const Done& done, unsigned status, const std::string& fault);
  void record(const Pending& pending, const Done& done);

  const run::ServeOptions& options_;
  Journal& journal_;
  Source source_;
  Pool pool_;
  routing::OutcomeLog outcomes_;
  std::map<std::uint64_t, Pending> calls_;  // by the id of the exchange that brought them
  Counts counts_;
  std::size_t requests_ = 0;  // that have no whole answer yet
  bool draining_ = false;
};

}  // namespace fn::serve
