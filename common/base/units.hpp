// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn {

// A number of bytes.
using Bytes = std::uint64_t;

constexpr Bytes KiB = 1024;
constexpr Bytes MiB = 1024 * KiB;
constexpr Bytes GiB = 1024 * MiB;

// For people, powers of 1000: "0 B", "512 B", "4.2 kB", "81.3 MB", "1.0 GB"; at most 8 characters.
std::string human_bytes(Bytes bytes);

// "64", "64k", "64M", "1GiB", "10GB" (k, M, G, T: powers of 1000; Ki, Mi, Gi, Ti: of 1024; B may follow).
// Nothing for any other text.
std::optional<Bytes> parse_bytes(std::string_view text);

// Of memory, as AWS Lambda, Docker and the kernel have it: every unit is a power of 1024, so that "256M", "256MB",
// "256m" and "256MiB" are the same.
std::optional<Bytes> parse_memory(std::string_view text);
// As parse_memory() takes it, exactly: "256MiB", "1GiB", "1000".
std::string memory_text(Bytes bytes);

// "250ms", "30s", "5m", "1h", "30" (seconds). Nothing for any other text.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// For people: "8 ms", "1.3 s", "2 min 5 s".
std::string human_duration(std::chrono::milliseconds duration);

// "2,950".
std::string grouped(std::uint64_t number);
// "1 entry", "2,950 entries".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

}  // namespace fn
