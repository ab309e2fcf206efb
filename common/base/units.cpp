// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace fn {
namespace {

// A number and the letters after it.
struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_uint(text.substr(0, digits));
  if (!number) return std::nullopt;
  return Quantity{*number, text.substr(digits)};
}

std::optional<std::uint64_t> multiply(std::uint64_t number, std::uint64_t factor, std::uint64_t limit) {
  if (number > limit / factor) return std::nullopt;
  return number * factor;
}

// `plain`: what "k" stands for without an "i".
std::optional<Bytes> parse_size(std::string_view text, Bytes plain) {
  auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  std::string_view unit = quantity->unit;
  if (unit.ends_with('B')) unit.remove_suffix(1);
  Bytes factor = 1;
  if (!unit.empty()) {
    const std::size_t power = unit[0] == 'K' ? 1 : std::string_view("?kMGT").find(unit[0]);
    if (power == 0 || power == std::string_view::npos) return std::nullopt;
    unit.remove_prefix(1);
    const bool binary = unit == "i";
    if (!binary && !unit.empty()) return std::nullopt;
    for (std::size_t i = 0; i < power; ++i) factor *= binary ? 1024 : plain;
  }
  return multiply(quantity->number, factor, std::numeric_limits<Bytes>::max());
}

}  // namespace

std::string human_bytes(Bytes bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  static constexpr std::string_view prefixes = "kMGTPE";
  double value = double(bytes) / 1000;
  std::size_t prefix = 0;
  // 999.95 would be printed as 1000.0.
  for (; value >= 999.95; ++prefix) value /= 1000;
  return fmt::format("{:.1f} {}B", value, prefixes[prefix]);
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  return parse_size(text, 1000);
}

std::optional<Bytes> parse_memory(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c != 'i' && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return parse_size(upper, 1024);
}

std::string memory_text(Bytes bytes) {
  static constexpr std::pair<Bytes, std::string_view> units[] = {{GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}};
  for (const auto& [size, unit] : units)
    if (bytes % size == 0 && bytes > 0) return fmt::format("{}{}", bytes / size, unit);
  return std::to_string(bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, std::uint64_t> units[] = {
      {"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  // Callers that wait add it to a clock's nanoseconds without a check, so the limit is a century.
  static constexpr std::uint64_t limit = 3'155'760'000'000;
  const auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (unit != quantity->unit) continue;
    const auto count = multiply(quantity->number, factor, limit);
    if (!count) return std::nullopt;
    return std::chrono::milliseconds(*count);
  }
  return std::nullopt;
}

std::string human_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 59'950) return fmt::format("{:.1f} s", double(ms) / 1000);
  const std::int64_t seconds = (ms + 500) / 1000;
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, 1, ',');
  return text;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

}  // namespace fn
