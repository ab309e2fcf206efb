// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace fn::routing {

// One of the calls that a function with a limit may have at once, held by the process that makes it. The kernel gives
// it back when this object or the process ends.
class CallSlot {
 public:
  // Nothing if all `limit` slots are held, by whatever process. `home` is FN_HOME. Throws failure.
  static std::optional<CallSlot> take(const std::string& home, const std::string& function, std::uint64_t limit);

 private:
  explicit CallSlot(sys::Fd file) : file_(std::move(file)) {}
  sys::Fd file_;
};

}  // namespace fn::routing
