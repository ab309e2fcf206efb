// SPDX-License-Identifier: Apache-2.0
#include "base/network.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn {

std::string_view network_name(Network network) {
  if (network == Network::none) return "none";
  return network == Network::host ? "host" : "loopback";
}

Network parse_network(std::string_view name) {
  for (const Network network : {Network::none, Network::loopback, Network::host})
    if (name == network_name(network)) return network;
  fail(Kind::integrity, "unknown network '{}'", printable(name));
}

}  // namespace fn
