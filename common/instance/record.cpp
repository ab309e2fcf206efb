// SPDX-License-Identifier: Apache-2.0
#include "instance/record.hpp"

#include "base/text.hpp"

#include <array>
#include <utility>

namespace fn::instance {
namespace {

constexpr std::array<std::string_view, 5> state_names{"starting", "idle", "busy", "paused", "ending"};

State parse_state(std::string_view name) {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names.at(i) == name) return static_cast<State>(i);
  fail(Kind::integrity, "'{}' is not a state of an instance", printable(name));
}

std::uint64_t count_of(const Json& json, std::string_view key) {
  const std::int64_t value = json.at(key).as_integer();
  if (value < 0) fail(Kind::integrity, "'{}' is negative", key);
  return static_cast<std::uint64_t>(value);
}

pid_t pid_of(const Json& json, std::string_view key) {
  const std::uint64_t value = count_of(json, key);
  if (!std::in_range<pid_t>(value)) fail(Kind::integrity, "'{}' is not a process id", key);
  return static_cast<pid_t>(value);
}

}  // namespace

std::string_view state_name(State state) {
  return state_names.at(static_cast<std::size_t>(state));
}

Json to_json(const Record& record) {
  return Json::object()
      .set("id", record.id)
      .set("function", record.function)
      .set("reference", record.reference)
      .set("digest", record.digest)
      .set("version", record.version)
      .set("protocol", record.protocol)
      .set("key", record.key)
      .set("supervisor", std::int64_t{record.supervisor})
      .set("init", std::int64_t{record.init})
      .set("command", std::int64_t{record.command})
      .set("state", state_name(record.state))
      .set("frozen", record.frozen)
      .set("started_at", record.started_at)
      .set("idle_since", record.idle_since)
      .set("keep_alive_ms", std::int64_t{record.keep_alive.count()})
      .set("one_shot", record.one_shot)
      .set("concurrency", record.concurrency)
      .set("calls", record.calls)
      .set("in_flight", record.in_flight)
      .set("memory_limit", record.memory_limit)
      .set("published", Json::strings(record.published));
}

Record record_of(const Json& json) {
  Record record;
  record.id = json.at("id").as_string();
  record.function = json.at("function").as_string();
  record.reference = json.at("reference").as_string();
  record.digest = json.at("digest").as_string();
  record.version = json.at("version").as_string();
  record.protocol = json.at("protocol").as_string();
  record.key = json.at("key").as_string();
  record.supervisor = pid_of(json, "supervisor");
  record.init = pid_of(json, "init");
  record.command = pid_of(json, "command");
  record.state = parse_state(json.at("state").as_string());
  record.frozen = json.at("frozen").as_bool();
  record.started_at = json.at("started_at").as_integer();
  record.idle_since = json.at("idle_since").as_integer();
  record.keep_alive = std::chrono::milliseconds(json.at("keep_alive_ms").as_integer());
  record.one_shot = json.at("one_shot").as_bool();
  record.concurrency = count_of(json, "concurrency");
  record.calls = count_of(json, "calls");
  record.in_flight = count_of(json, "in_flight");
  record.memory_limit = count_of(json, "memory_limit");
  record.published = json.at("published").as_strings();
  return record;
}

}  // namespace fn::instance
