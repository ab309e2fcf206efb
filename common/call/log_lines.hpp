// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn::lambda {

// A request id: UUID version 4 (RFC 9562 5.4) of kernel randomness.
std::string new_request_id();

// What Lambda-Runtime-Deadline-Ms says: milliseconds since 1970.
std::int64_t deadline_ms(std::chrono::system_clock::time_point start, std::chrono::milliseconds timeout);

struct Report {
  std::string id;
  std::optional<std::chrono::microseconds> init_duration;  // of the first invocation of an instance only
  std::chrono::microseconds duration{0};
  std::chrono::milliseconds timeout{0};  // the duration that is told is never longer; 0: no limit
  Bytes memory_size = 0;
  Bytes max_memory_used = 0;
};

// The lines that Lambda writes around each invocation, byte for byte, with the end of the line. Billed is the duration
// rounded up to a millisecond; memory is in MiB, which the service calls MB, what is used rounded up.
std::string start_line(std::string_view id, std::string_view version);
std::string end_line(std::string_view id);
std::string report_line(const Report& report);

// "Task timed out after 3.00 seconds", the answer to the caller.
std::string timeout_message(std::chrono::milliseconds timeout);

}  // namespace fn::lambda
