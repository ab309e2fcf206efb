// SPDX-License-Identifier: Apache-2.0
#include "sys/endpoint.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <limits>

namespace fn::sys {

bool Endpoint::is_remote() const {
  in_addr ipv4{};
  constexpr std::uint32_t network = 0xff000000;
  constexpr std::uint32_t loopback = 0x7f000000;
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return (ntohl(ipv4.s_addr) & network) != loopback;
  in6_addr ipv6{};
  return inet_pton(AF_INET6, address.c_str(), &ipv6) != 1 || !IN6_IS_ADDR_LOOPBACK(&ipv6);
}

std::string Endpoint::str() const {
  const bool ipv6 = address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

std::optional<std::string> parse_address(std::string_view text) {
  if (text.empty() || text == "localhost") return "127.0.0.1";
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string address(text);
  in6_addr ignored{};
  if (inet_pton(AF_INET, address.c_str(), &ignored) != 1 && inet_pton(AF_INET6, address.c_str(), &ignored) != 1)
    return std::nullopt;
  return address;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_uint(text);
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

}  // namespace fn::sys
