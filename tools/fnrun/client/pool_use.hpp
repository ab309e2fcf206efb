// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "sandbox/pool_client.hpp"

#include <chrono>
#include <string>

namespace fn::run {

// How a pool is started.
struct PoolSettings {
  std::uint64_t size = 8;                 // namespaces of each kind that wait
  std::chrono::milliseconds idle{60000};  // without a start: it leaves
};

// Starts the helper fn-pool for `home`, unless one runs. It can be asked when this returns, and outlives us. Throws
// failure, usage.
void start_pool(const std::string& home, const PoolSettings& settings);

// Asks a pool for what `plan` needs. `choice` is that of --pool: "auto" if one runs, "on" starts it, "off"; empty: what
// FN_POOL says, else auto. Never fails for lack of a pool; throws usage for another value of FN_POOL.
sandbox::PoolTicket ask_pool(const std::string& choice, const sandbox::Plan& plan, const cli::Context& context);

}  // namespace fn::run
