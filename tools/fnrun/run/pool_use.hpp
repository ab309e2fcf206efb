// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "run/voice.hpp"
#include "sandbox/pool_client.hpp"

#include <chrono>
#include <string>

namespace fn::run {

// How to start a pool.
struct PoolSettings {
  std::uint64_t size = 8;                 // ready namespaces of each kind
  std::chrono::milliseconds idle{60000};  // exits after this long without a start
};

// Starts the helper fn-pool for `home`, unless one runs. It answers requests when this returns, and outlives us. Throws
// failure, usage.
void start_pool(const std::string& home, const PoolSettings& settings);

// Asks the pool of `home` for what `plan` needs. `choice` is that of --pool: "auto" if one runs, "on" starts it, "off";
// empty: as FN_POOL says, else auto. Never fails for lack of a pool, which `voice` tells; throws usage for another
// value of FN_POOL.
sandbox::PoolTicket ask_pool(const std::string& choice, const sandbox::Plan& plan, const std::string& home,
                             const Voice& voice);

}  // namespace fn::run
