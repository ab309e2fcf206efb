// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/settings.hpp"
#include "sys/endpoint.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fn::function {

// A port of the sandbox's loopback that is reached from outside: --publish.
struct PublishedPort {
  sys::Endpoint outside;     // port 0: one that is free
  std::uint16_t inside = 0;  // never 0

  // "127.0.0.1:9000:8080", "[::1]:9000:8080".
  std::string str() const;

  friend bool operator==(const PublishedPort&, const PublishedPort&) = default;
};

// "[ADDR:]PORT[:PORT]": outside, then inside; one port is both. Throws usage.
PublishedPort parse_published(const std::string& text);

// Those of the settings. Throws usage for what can't be read.
std::vector<PublishedPort> published_ports(const Settings& settings);
// What is said when nobody takes a connection inside.
std::string no_listener(const PublishedPort& port);

// Throws usage for one that other machines can reach, unless settings.allow_remote.
void check_published(const Settings& settings);

}  // namespace fn::function
