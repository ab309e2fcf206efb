// SPDX-License-Identifier: Apache-2.0
#include "function/published_port.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace fn::function {
namespace {

[[noreturn]] void fail_form(const std::string& text, std::string hint) {
  fail_hint(Kind::usage, std::move(hint), "invalid value '{}' for flag '--publish'", printable(text));
}

// What follows the last colon, if that is a port. It is taken off.
std::optional<std::uint16_t> take_port(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = sys::parse_port(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (port) text = colon == std::string_view::npos ? "" : text.substr(0, colon);
  return port;
}

}  // namespace

std::string PublishedPort::str() const {
  return fmt::format("{}:{}", outside.str(), inside);
}

PublishedPort parse_published(const std::string& text) {
  std::string_view rest = text;
  const auto inside = take_port(rest);
  if (!inside) fail_form(text, "use [ADDR:]PORT[:PORT], such as 8080, 9000:8080 or 127.0.0.1:9000:8080");
  const auto outside = rest.empty() || rest.back() == ']' ? std::nullopt : take_port(rest);
  const auto address = sys::parse_address(rest);
  // Without brackets its last piece could be a port as well.
  const bool bare_ipv6 = rest.find(':') != std::string_view::npos && rest.back() != ']';
  if (!address || bare_ipv6) fail_form(text, "use a numeric address, such as 127.0.0.1:9000:8080 or [::1]:9000:8080");
  if (*inside == 0) fail_form(text, "0:PORT publishes PORT of the sandbox at a free port");
  return {.outside = {.address = *address, .port = outside.value_or(*inside)}, .inside = *inside};
}

std::vector<PublishedPort> published_ports(const Settings& settings) {
  std::vector<PublishedPort> ports;
  for (const std::string& text : settings.publish) ports.push_back(parse_published(text));
  return ports;
}

void check_published(const Settings& settings) {
  for (const PublishedPort& port : published_ports(settings))
    if (port.outside.is_remote() && !settings.allow_remote)
      fail_hint(Kind::usage, "whoever reaches it can talk to the function; add '--allow-remote' if that is intended",
                "'{}' can be reached by other machines", port.outside.str());
}

std::string no_listener(const PublishedPort& port) {
  return fmt::format("connection to {} failed: nothing is listening on port {} in the sandbox", port.outside.str(),
                     port.inside);
}

}  // namespace fn::function
