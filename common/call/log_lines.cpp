// SPDX-License-Identifier: Apache-2.0
#include "lambda/log_lines.hpp"

#include "sys/fd.hpp"

#include <algorithm>
#include <array>
#include <sys/random.h>

namespace fn::lambda {
namespace {

double milliseconds(std::chrono::microseconds duration) {
  return double(duration.count()) / 1000;
}

}  // namespace

std::string new_request_id() {
  std::array<unsigned char, 16> bytes;
  // Below 256 bytes the kernel gives all or fails.
  sys::check(getrandom(bytes.data(), bytes.size(), 0), "cannot get random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += digits[bytes[i] >> 4U];
    id += digits[bytes[i] & 0x0fU];
  }
  return id;
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

std::string report_line(const Report& report) {
  std::chrono::microseconds duration = report.duration;
  if (report.timeout.count() > 0) duration = std::min<std::chrono::microseconds>(duration, report.timeout);
  std::string line = fmt::format("REPORT RequestId: {}\t", report.id);
  if (report.init_duration) line += fmt::format("Init Duration: {:.2f} ms\t", milliseconds(*report.init_duration));
  return line +
         fmt::format("Duration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t\n",
                     milliseconds(duration), std::chrono::ceil<std::chrono::milliseconds>(duration).count(),
                     report.memory_size / MiB, (report.max_memory_used + MiB - 1) / MiB);
}

std::string timeout_message(std::chrono::milliseconds timeout) {
  return fmt::format("Task timed out after {:.2f} seconds", double(timeout.count()) / 1000);
}

}  // namespace fn::lambda
