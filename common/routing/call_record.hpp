// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "base/units.hpp"
#include "call/request.hpp"
#include "oci/digest.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fn::routing {

// How a call ended. The numbers are stored in files: none may change its meaning.
enum class Status : std::uint8_t {
  ok = 1,
  error = 2,          // reported by the function, or an exit code other than 0
  timeout = 3,        // killed at the end of its time
  out_of_memory = 4,  // killed for its memory
  killed = 5,         // by another signal
  init_error = 6,     // before it took the call
  not_started = 7,    // a failure of ours: bad image, no bootstrap, a wall that could not be put up
};

// The record of one call.
struct CallRecord {
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

  friend bool operator==(const CallRecord&, const CallRecord&) = default;
};

// Represents a function's name in a record: the first 8 bytes of its SHA-256, big-endian.
std::uint64_t function_key(std::string_view name);

// Who was called.
struct CalledFunction {
  std::string name;      // "": an image or directory that belongs to no function
  oci::Digest image;     // empty for a directory
  std::string instance;  // id; "" if it was started for this call alone
};
// The record of a call that was made.
CallRecord record_of(const CalledFunction& called, const call::Result& result,
                     std::chrono::system_clock::time_point started);
// The record of one that was not, due to a failure of ours or a bad image.
CallRecord record_of_no_start(const CalledFunction& called);

// A record: 128 bytes, numbers little-endian. In order: magic and version (8 bytes), function (8), image (32), request
// (16), instance (16), started_at (8), peak_memory (8), duration (8), init (8; the lower 7 bytes, then the status),
// billed (8), XXH3-64 of all before it (8).
inline constexpr std::size_t record_size = 128;
using RecordBytes = std::array<std::byte, record_size>;

// The beginning of a record: a magic and the version of its format.
inline constexpr std::array<std::uint8_t, 8> record_magic{'f', 'n', 'o', 'u', 't', 'c', 'm', 1};

// Times that do not fit (negative, or 2^56 us of init) are clamped.
RecordBytes encode(const CallRecord& call);
// Nothing unless these bytes are a complete record of this version.
std::optional<CallRecord> decode(std::span<const std::byte, record_size> bytes);

}  // namespace fn::routing
