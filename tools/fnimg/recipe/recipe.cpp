// SPDX-License-Identifier: Apache-2.0
#include "recipe/recipe.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::img {
namespace {

void add_new(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& value : more)
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

void ConfigRecipe::apply_to(oci::Config& config) const {
  // As in a Dockerfile: a new entrypoint makes the base's arguments meaningless.
  if (entrypoint) {
    config.entrypoint = *entrypoint;
    config.cmd.clear();
  }
  if (cmd) config.cmd = *cmd;
  for (const auto& [name, value] : env) config.set_env(name, value);
  if (workdir) config.working_dir = *workdir;
  if (user) config.user = *user;
  if (stop_signal) config.stop_signal = *stop_signal;
  if (author) config.author = *author;
  for (const std::string& port : ports)
    add_new(config.exposed_ports, {port.find('/') == std::string::npos ? port + "/tcp" : port});
  add_new(config.volumes, volumes);
  for (const auto& [name, value] : labels) config.labels[name] = value;
}

LayerRecipe& Recipe::layer(const std::string& name) {
  const auto found = std::find_if(layers.begin(), layers.end(), [&](const LayerRecipe& l) { return l.name == name; });
  if (found != layers.end()) return *found;
  layers.emplace_back().name = name;
  return layers.back();
}

UnixTime parse_layer_time(std::string_view text) {
  const auto seconds = parse_uint(text);
  if (!seconds || *seconds > INT64_MAX)
    fail_hint(Kind::usage, "give seconds since 1970, as 'date +%s' prints them", "'{}' is not a time", printable(text));
  rfc3339(UnixTime(*seconds));  // refuses what has no date
  return UnixTime(*seconds);
}

std::pair<std::string, std::string> split_pair(std::string_view text, std::string_view flag) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    fail_hint(Kind::usage, fmt::format("write it as {} NAME=VALUE", flag), "{} '{}' is not NAME=VALUE", flag,
              printable(text));
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace fn::img
