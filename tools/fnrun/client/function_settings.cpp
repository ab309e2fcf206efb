// SPDX-License-Identifier: Apache-2.0
#include "client/function_settings.hpp"

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

// As parse_duration() takes it.
std::string duration_text(milliseconds duration) {
  static constexpr std::pair<std::uint64_t, std::string_view> units[] = {
      {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}};
  return duration == milliseconds(0) ? "0s" : exactly(std::uint64_t(duration.count()), units);
}

constexpr std::string_view no_limit = "no limit";

std::string limit_text(std::uint64_t limit) {
  return limit == 0 ? std::string(no_limit) : std::to_string(limit);
}

std::string memory_limit_text(Bytes limit) {
  return limit == 0 ? std::string(no_limit) : memory_text(limit);
}

std::string time_limit_text(milliseconds limit) {
  return limit.count() == 0 ? std::string(no_limit) : duration_text(limit);
}

std::string own_or(const std::optional<std::string>& own, std::string_view otherwise) {
  return own ? *own : std::string(otherwise);
}

double cpus(const state::Function& function) {
  return double(function.milli_cpus) / 1000;
}

Json limit_json(std::uint64_t limit) {
  return limit == 0 ? Json() : Json(limit);
}

Json optional_json(const std::optional<std::string>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

std::vector<Setting> settings_of(const state::Function& function) {
  std::vector<Setting> settings{
      {"image", function.image},
      {"memory", memory_limit_text(function.memory)},
      {"timeout", time_limit_text(function.timeout)},
      {"init-timeout", time_limit_text(function.init_timeout)},
      {"cpus", function.milli_cpus == 0 ? "no limit" : fmt::format("{}", cpus(function))},
      {"pids", limit_text(function.pids)},
      {"net", std::string(network_name(function.network))},
      {"protocol", std::string(state::protocol_name(function.protocol))},
      {"handler", function.handler},
      {"entrypoint", own_or(function.entrypoint, "the image's")},
      {"command", function.command.empty() ? "the image's" : Json::strings(function.command).dump()},
      {"keep-alive", duration_text(function.keep_alive)},
      {"concurrency", limit_text(function.concurrency)},
      {"user", own_or(function.user, "the image's")},
      {"workdir", own_or(function.working_dir, "the image's")},
      {"writable", function.writable ? "yes" : "no"},
      {"freeze", function.freeze ? "yes" : "no"},
      {"tmp-size", memory_limit_text(function.scratch)},
      {"seccomp", function.seccomp},
      {"require", function.require}};
  for (const std::string& mount : function.mounts) {
    const std::size_t colon = mount.find(':');
    const bool read_only = mount.ends_with(":ro");
    const std::string place = mount.substr(colon + 1, mount.size() - colon - 1 - (read_only ? 3 : 0));
    settings.push_back({"mount " + place, mount.substr(0, colon) + (read_only ? ":ro" : "")});
  }
  for (const std::string& port : function.publish) {
    const std::size_t colon = port.rfind(':');
    settings.push_back({"publish " + port.substr(colon + 1), port.substr(0, colon)});
  }
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
      .set("memory", limit_json(function.memory))
      .set("timeout_ms", limit_json(std::uint64_t(function.timeout.count())))
      .set("cpus", function.milli_cpus == 0 ? Json() : Json(cpus(function)))
      .set("pids", limit_json(function.pids))
      .set("net", network_name(function.network))
      .set("protocol", state::protocol_name(function.protocol))
      .set("handler", function.handler.empty() ? Json() : Json(function.handler))
      .set("command", Json::strings(function.command))
      .set("keep_alive_ms", std::int64_t{function.keep_alive.count()})
      .set("concurrency", limit_json(function.concurrency))
      .set("env", std::move(env))
      .set("entrypoint", optional_json(function.entrypoint))
      .set("mounts", Json::strings(function.mounts))
      .set("user", optional_json(function.user))
      .set("workdir", optional_json(function.working_dir))
      .set("writable", function.writable)
      .set("freeze", function.freeze)
      .set("init_timeout_ms", limit_json(std::uint64_t(function.init_timeout.count())))
      .set("tmp_size", limit_json(function.scratch))
      .set("seccomp", function.seccomp)
      .set("require", function.require.empty() ? Json() : Json(function.require))
      .set("publish", Json::strings(function.publish))
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
