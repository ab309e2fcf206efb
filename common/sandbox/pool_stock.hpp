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

// Makes what the key says, by a process that lives no longer than that. Blocks for half a millisecond. Throws
// unsupported, failure.
Pooled make_pooled(const PoolKey& key);

// The namespaces that a pool holds, made by a thread of its own: take() never waits for one.
//
// What was given stays open here a while longer. The kernel takes namespaces down in batches: many together cost little
// more than one, and not while the next sandbox starts.
class PoolStock {
 public:
  // `size` of each key are held ready.
  explicit PoolStock(std::size_t size);
  PoolStock(const PoolStock&) = delete;
  ~PoolStock();

  // One that was never given; nothing if none is ready. Of a key that is new, some are made from now on, instead of
  // those of the key that was asked for longest ago if there are too many.
  std::optional<Pooled> take(const PoolKey& key);
  std::size_t ready() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Shelf {
    PoolKey key;
    std::vector<Pooled> ready;
    Clock::time_point not_before{};  // after a failure
  };

  void work();
  Shelf* wanting();
  void make_one(std::unique_lock<std::mutex>& lock, const PoolKey& key);

  const std::size_t size_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Shelf> shelves_;  // the last one was asked for last
  std::vector<Pooled> spent_;
  Clock::time_point last_take_{};
  bool ending_ = false;
  std::thread maker_;
};

}  // namespace fn::sandbox
