// SPDX-License-Identifier: Apache-2.0
#include "call/log_lines.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "sys/fd.hpp"

#include <algorithm>
#include <array>
#include <sys/random.h>

namespace fn::call {
namespace {

double milliseconds_of(std::chrono::microseconds duration) {
  return double(duration.count()) / 1000;
}

template <std::size_t size>
std::array<unsigned char, size> random_bytes() {
  std::array<unsigned char, size> bytes;
  // Below 256 bytes the kernel gives all or fails.
  sys::check(getrandom(bytes.data(), bytes.size(), 0), "cannot get random bytes");
  return bytes;
}

}  // namespace

std::string new_request_id() {
  auto bytes = random_bytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  std::string id = hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

std::string new_trace_id() {
  const auto bytes = random_bytes<20>();
  constexpr std::size_t of_root = 12;
  const std::int64_t seconds = deadline_ms(std::chrono::system_clock::now(), std::chrono::milliseconds(0)) / 1000;
  return fmt::format("Root=1-{:08x}-{};Parent={};Sampled=0", seconds, hex(std::span(bytes).first(of_root)),
                     hex(std::span(bytes).subspan(of_root)));
}

std::int64_t deadline_ms(std::chrono::system_clock::time_point start, std::chrono::milliseconds timeout) {
  using std::chrono::milliseconds;
  return (std::chrono::duration_cast<milliseconds>(start.time_since_epoch()) + timeout).count();
}

std::string start_line(std::string_view id, std::string_view version) {
  return fmt::format("START RequestId: {} Version: {}\n", id, version);
}

std::string end_line(std::string_view id) {
  return fmt::format("END RequestId: {}\n", id);
}

std::string report_line(const Result& result) {
  std::chrono::microseconds duration = result.duration;
  if (result.timeout.count() > 0) duration = std::min<std::chrono::microseconds>(duration, result.timeout);
  std::string line = fmt::format("REPORT RequestId: {}\t", result.request_id);
  if (result.init) line += fmt::format("Init Duration: {:.2f} ms\t", milliseconds_of(*result.init));
  return line +
         fmt::format("Duration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB{}\t\n",
                     milliseconds_of(duration), std::chrono::ceil<std::chrono::milliseconds>(duration).count(),
                     result.memory_limit / MiB, (result.peak_memory.value_or(0) + MiB - 1) / MiB,
                     result.peak_is_approximate ? " (approximate)" : "");
}

std::string init_report_line(std::chrono::microseconds duration, std::string_view phase, const Outcome& outcome) {
  const bool late = outcome.status == Status::timeout || outcome.status == Status::init_timeout;
  return fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}\tStatus: {}{}\n", milliseconds_of(duration),
                     phase, late ? "timeout" : "error", late ? "" : "\tError Type: " + printable(outcome.error_type));
}

std::string timeout_message(std::chrono::milliseconds timeout) {
  return fmt::format("Task timed out after {:.2f} seconds", double(timeout.count()) / 1000);
}

}  // namespace fn::call
