// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/launch.hpp"

#include "sandbox/child/end_process.hpp"

namespace fn::sandbox {

void Launch::give_up(const Failure& why) {
  // The first to fail has the cause.
  if (!failing.exchange(true)) {
    failure = why;
    failed.store(true, std::memory_order_release);
  }
  end_process(127);
}

void Launch::judge(const Operation& operation, long result) {
  if (result >= 0) return;
  if (!operation.optional) give_up({.operation = &operation, .error = static_cast<int>(-result)});
  fell[static_cast<std::size_t>(operation.wall)].store(true, std::memory_order_relaxed);
}

}  // namespace fn::sandbox
