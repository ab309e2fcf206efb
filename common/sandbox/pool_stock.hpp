// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/pool.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace fn::sandbox {

// Makes namespaces for the key in a short-lived process. Blocks for half a millisecond. Throws unsupported, failure.
PooledNamespaces make_pooled(const PoolKey& key);

// The namespaces that a pool holds, made by a thread of its own: take() never waits for one.
//
// Namespaces that were handed out stay open here a while longer. The kernel destroys namespaces in batches: many
// together cost little more than one, and this way not while the next sandbox starts.
class PoolStock {
 public:
  // `size` of each key are kept ready.
  explicit PoolStock(std::size_t size);
  PoolStock(const PoolStock&) = delete;
  ~PoolStock();

  // An unused one; nothing if none is ready. From now on some are made for a new key, in place of the least recently
  // requested key if there are too many.
  std::optional<PooledNamespaces> take(const PoolKey& key);
  std::size_t ready() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Shelf {
    PoolKey key;
    std::vector<PooledNamespaces> ready;
    Clock::time_point not_before{};  // after a failure
  };

  void work();
  Shelf* wanting();
  void make_one(std::unique_lock<std::mutex>& lock, const PoolKey& key);

  const std::size_t size_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Shelf> shelves_;  // the last one was requested last
  std::vector<PooledNamespaces> spent_;
  Clock::time_point last_take_{};
  bool ending_ = false;
  std::thread maker_;
};

}  // namespace fn::sandbox
