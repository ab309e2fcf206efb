// SPDX-License-Identifier: Apache-2.0
#include "client/instance_json.hpp"

namespace fn::run {

Json json_of(const instance::Record& record) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  Json json = Json::object();
  json.set("id", record.id)
      .set("function", text(record.function))
      .set("reference", record.reference)
      .set("digest", text(record.digest))
      .set("protocol", record.protocol)
      .set("state", state_name(record.state))
      .set("frozen", record.frozen)
      .set("pid", record.command > 0 ? Json(std::int64_t{record.command}) : Json())
      .set("supervisor_pid", std::int64_t{record.supervisor})
      .set("started", rfc3339(record.started_at))
      .set("idle_since", record.idle_since > 0 ? Json(rfc3339(record.idle_since)) : Json())
      .set("keep_alive_ms", std::int64_t{record.keep_alive.count()})
      .set("calls", record.calls)
      .set("in_flight", record.in_flight)
      .set("memory_limit", record.memory_limit)
      .set("published", Json::strings(record.published));
  return json;
}

}  // namespace fn::run
