// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/plan.hpp"
#include "sandbox/pool.hpp"

#include <optional>
#include <string>

namespace fn::sandbox {

// What the plan's sandbox would take from a pool; nothing if it has no network namespace of its own, or one of a kind
// that pools do not offer.
std::optional<PoolKey> pool_key(const Plan& plan);

// A request already sent to the pool, so that the answer is there when it is needed. Never throws: without a helper, or
// with one that does not answer promptly, the sandbox makes its namespaces itself.
class PoolTicket {
 public:
  PoolTicket() = default;  // for nothing
  PoolTicket(const std::string& directory, const PoolKey& key);
  // For namespaces that the caller already has, from a PoolStock of its own.
  explicit PoolTicket(PooledNamespaces pooled) : in_hand_(std::move(pooled)) {}

  // A helper is running, or the caller has namespaces.
  bool was_sent() const { return in_hand_ || socket_; }
  // Takes the namespaces; waits a few milliseconds at most. Nothing if there are none. To be called once.
  std::optional<PooledNamespaces> collect();

 private:
  std::optional<PooledNamespaces> in_hand_;
  PoolKey key_;
  sys::Fd socket_;
};

// Status of the helper; nullopt if none is running. Throws busy if one is there and says nothing for a second, like
// stop_pool().
std::optional<PoolReply> pool_status(const std::string& directory);
// Stops the helper and waits for its exit, at most a second. Returns its last status; nullopt if none was running.
std::optional<PoolReply> stop_pool(const std::string& directory);

}  // namespace fn::sandbox
