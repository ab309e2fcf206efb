// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan.hpp"
#include "sandbox/pool.hpp"

#include <optional>
#include <string>

namespace fn::sandbox {

// What the plan's sandbox would take from a pool; nothing if it has no network namespace of its own, or one of a kind
// that no pool has.
std::optional<PoolKey> pool_key(const Plan& plan);

// A request that is on its way to the pool, so that the answer is there when it is needed. Never throws: without a
// helper, or with one that doesn't answer at once, the sandbox makes its namespaces itself.
class PoolTicket {
 public:
  PoolTicket() = default;  // for nothing
  PoolTicket(const std::string& directory, const PoolKey& key);
  // For what the caller has in hand, of a PoolStock of its own.
  explicit PoolTicket(Pooled pooled) : in_hand_(std::move(pooled)) {}

  // There is a helper, or something in hand.
  bool was_sent() const { return in_hand_ || socket_; }
  // Takes what was asked for; waits a few milliseconds at most. Nothing if there is none. Once.
  std::optional<Pooled> collect();

 private:
  std::optional<Pooled> in_hand_;
  PoolKey key_;
  sys::Fd socket_;
};

// What the helper says of itself; nothing if there is none.
std::optional<PoolReply> look_at_pool(const std::string& directory);
// Tells it to leave, and waits until it has, a second at most. What it said last; nothing if there was none.
std::optional<PoolReply> stop_pool(const std::string& directory);

}  // namespace fn::sandbox
