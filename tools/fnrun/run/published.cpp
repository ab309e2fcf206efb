// SPDX-License-Identifier: Apache-2.0
#include "run/published.hpp"

namespace fn::run {

std::vector<function::Listener> listen_outside(const function::Settings& settings, const Voice& voice) {
  std::vector<function::Listener> listeners = function::listen_outside(function::published_ports(settings));
  std::vector<std::string> ports;
  for (const function::Listener& each : listeners) ports.push_back(each.port.str());
  say_published(ports, voice);
  return listeners;
}

std::unique_ptr<function::PortRelay> relay_to(const sandbox::Sandbox& sandbox,
                                              std::vector<function::Listener> listeners, const Voice& voice) {
  if (listeners.empty()) return nullptr;
  function::PortRelay::OnNoListener on_no_listener;
  if (voice.verbose)
    on_no_listener = [note = voice.note](const function::PublishedPort& port) { note(function::no_listener(port)); };
  return std::make_unique<function::PortRelay>(std::move(listeners), sandbox, std::move(on_no_listener));
}

void say_published(const std::vector<std::string>& ports, const Voice& voice) {
  for (const std::string& port : ports) {
    const std::size_t colon = port.rfind(':');
    voice.note(fmt::format("port {} of the sandbox is {}", port.substr(colon + 1), port.substr(0, colon)));
  }
}

}  // namespace fn::run
