// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn {

// Seconds since 1970-01-01T00:00:00Z.
using UnixTime = std::int64_t;

// RFC 3339 in UTC, whole seconds: "2026-11-24T17:11:34Z". Throws usage outside the years 0 to 9999.
std::string rfc3339(UnixTime time);

// Reads RFC 3339 with any offset; a fraction of a second is dropped. Nothing if the text is not a valid time.
std::optional<UnixTime> parse_rfc3339(std::string_view text);

// Where the time comes from: the system in the tools, fixed in tests.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixTime now() const = 0;                                  // wall clock
  virtual std::chrono::steady_clock::time_point steady() const = 0;  // for durations
};

class SystemClock final : public Clock {
 public:
  UnixTime now() const override;
  std::chrono::steady_clock::time_point steady() const override;
};

// The time that goes into images: SOURCE_DATE_EPOCH if `value` holds it, else 0.
// Throws usage if it is not a decimal number or past the year 9999 (reproducible-builds.org/specs/source-date-epoch).
UnixTime source_date_epoch(const char* value);

}  // namespace fn
