// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "base/units.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fn::routing {

// How a call went. The numbers are in files: none changes its meaning.
enum class Status : std::uint8_t {
  ok = 1,
  error = 2,          // the function says so, or exits with another code than 0
  timeout = 3,        // killed at the end of its time
  out_of_memory = 4,  // killed for its memory
  killed = 5,         // by another signal
  init_error = 6,     // before it took the call
  not_started = 7,    // our own trouble: bad image, no bootstrap, a wall that could not be put up
};

// What is recorded of one call.
struct Outcome {
  using Id = std::array<std::uint8_t, 16>;

  Status status = Status::ok;
  std::uint64_t function = 0;  // function_key() of its name
  Sha256::Value image{};       // digest of the manifest that ran
  Id request{};
  Id instance{};                          // zeros: none, started for this call alone
  std::chrono::nanoseconds started_at{};  // since 1970
  std::chrono::microseconds duration{};   // of the call, without init
  std::chrono::microseconds init{};       // 0: warm
  std::chrono::milliseconds billed{};
  Bytes peak_memory = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// What stands for a function's name in a record: the first 8 bytes of its SHA-256, big-endian.
std::uint64_t function_key(std::string_view name);

// A record: 128 bytes, numbers little-endian. In order: magic and version (8 bytes), function (8), image (32), request
// (16), instance (16), started_at (8), peak_memory (8), duration (8), init (8; the lower 7 bytes, then the status),
// billed (8), XXH3-64 of all before it (8).
inline constexpr std::size_t record_size = 128;
using Record = std::array<std::byte, record_size>;

// What a record begins with: its name, and the version of its form.
inline constexpr std::array<std::uint8_t, 8> record_magic{'f', 'n', 'o', 'u', 't', 'c', 'm', 1};

// Times that no record can hold (negative, or 2^56 us of init) are cut to what it can.
Record encode(const Outcome& outcome);
// Nothing if these bytes are no record of this version that is whole.
std::optional<Outcome> decode(std::span<const std::byte, record_size> bytes);

}  // namespace fn::routing
