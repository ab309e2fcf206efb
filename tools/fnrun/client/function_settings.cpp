// SPDX-License-Identifier: Apache-2.0
#include "function_settings.hpp"

#include <utility>

namespace fn::run {
namespace {

using std::chrono::milliseconds;

// In the largest of `units` that divides it without a rest.
template <std::size_t N>
std::string exactly(std::uint64_t value, const std::pair<std::uint64_t, std::string_view> (&units)[N]) {
  for (const auto& [size, unit] : units)
    if (value % size == 0 && value > 0) return fmt::format("{}{}", value / size, unit);
  return std::to_string(value);
}

// As parse_bytes() takes it.
std::string size_text(Bytes bytes) {
  static constexpr std::pair<std::uint64_t, std::string_view> units[] = {
      {GiB, "GiB"}, {1'000'000'000, "GB"}, {MiB, "MiB"}, {1'000'000, "MB"}, {KiB, "KiB"}, {1'000, "kB"}};
  return exactly(bytes, units);
}

// As parse_duration() takes it.
std::string duration_text(milliseconds duration) {
  static constexpr std::pair<std::uint64_t, std::string_view> units[] = {
      {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}};
  return exactly(std::uint64_t(duration.count()), units);
}

std::string limit_text(std::uint64_t limit) {
  return limit == 0 ? "no limit" : std::to_string(limit);
}

double cpus(const state::Function& function) {
  return double(function.milli_cpus) / 1000;
}

Json words_json(const std::vector<std::string>& words) {
  Json array = Json::array();
  for (const std::string& word : words) array.push(word);
  return array;
}

Json limit_json(std::uint64_t limit) {
  return limit == 0 ? Json() : Json(limit);
}

}  // namespace

std::vector<Setting> settings_of(const state::Function& function) {
  std::vector<Setting> settings{
      {"image", function.image},
      {"memory", size_text(function.memory)},
      {"timeout", duration_text(function.timeout)},
      {"cpus", function.milli_cpus == 0 ? "no limit" : fmt::format("{}", cpus(function))},
      {"pids", limit_text(function.pids)},
      {"net", std::string(state::network_name(function.network))},
      {"protocol", std::string(state::protocol_name(function.protocol))},
      {"handler", function.handler},
      {"command", function.command.empty() ? "the image's" : words_json(function.command).dump()},
      {"keep-alive", duration_text(function.keep_alive)},
      {"concurrency", limit_text(function.concurrency)}};
  for (const auto& [name, value] : function.env) settings.push_back({"env " + name, value});
  return settings;
}

Json json_of(const state::Function& function, const oci::Digest& image) {
  Json env = Json::object();
  for (const auto& [name, value] : function.env) env.set(name, value);
  Json json = Json::object();
  json.set("name", function.name)
      .set("image", function.image)
      .set("digest", image.empty() ? Json() : Json(image.str()))
      .set("memory", function.memory)
      .set("timeout_ms", std::int64_t{function.timeout.count()})
      .set("cpus", function.milli_cpus == 0 ? Json() : Json(cpus(function)))
      .set("pids", limit_json(function.pids))
      .set("net", state::network_name(function.network))
      .set("protocol", state::protocol_name(function.protocol))
      .set("handler", function.handler.empty() ? Json() : Json(function.handler))
      .set("command", words_json(function.command))
      .set("keep_alive_ms", std::int64_t{function.keep_alive.count()})
      .set("concurrency", limit_json(function.concurrency))
      .set("env", std::move(env))
      .set("created", rfc3339(function.created_at))
      .set("updated", rfc3339(function.updated_at));
  return json;
}

oci::Digest digest_of(const state::Store& store, const state::Function& function) {
  try {
    return store.resolve(function.image).descriptor.digest;
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    return {};
  }
}

}  // namespace fn::run
