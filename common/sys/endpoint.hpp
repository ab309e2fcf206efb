// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn::sys {

// Where a TCP socket listens.
struct Endpoint {
  std::string address;  // IPv4 or IPv6, in numbers
  std::uint16_t port = 0;

  // Other machines can reach it.
  bool is_remote() const;
  // "127.0.0.1:9000", "[::1]:9000".
  std::string str() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// An address as people write it, in numbers: "127.0.0.1", "::1", "[::1]"; "localhost" and nothing are 127.0.0.1.
// Nothing for any other name.
std::optional<std::string> parse_address(std::string_view text);
// A decimal number up to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace fn::sys
