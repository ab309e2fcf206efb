// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fn {

// What a function sees of the network: nothing, an interface lo of its own, or all that the host sees.
enum class Network { none, loopback, host };

// Its name in flags, JSON and the state.
std::string_view network_name(Network network);
// Throws integrity for any other word; flags have been checked against the three before.
Network parse_network(std::string_view name);

}  // namespace fn
