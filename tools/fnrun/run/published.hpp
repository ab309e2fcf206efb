// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/port_relay.hpp"
#include "run/voice.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::run {

// What this process does for ports that are published: of a sandbox of its own, and what it tells of those that another
// process publishes.

// Opens the listeners of the settings and says where they are, if that was not given. Throws busy, usage, unsupported.
std::vector<function::Listener> listen_outside(const function::Settings& settings, const Voice& voice);
// Null without listeners. With --verbose it says when nobody listens inside.
std::unique_ptr<function::PortRelay> relay_to(const sandbox::Sandbox& sandbox,
                                              std::vector<function::Listener> listeners, const Voice& voice);
// Says where ports are reached: ADDR:PORT:PORT, as in the record of an instance.
void say_published(const std::vector<std::string>& ports, const Voice& voice);

}  // namespace fn::run
