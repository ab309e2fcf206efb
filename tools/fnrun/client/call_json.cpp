// SPDX-License-Identifier: Apache-2.0
#include "client/call_json.hpp"

#include "base/text.hpp"

namespace fn::run {
namespace {

// Text as it is, other bytes in base64.
void set_text(Json& json, const std::string& key, const std::string& bytes) {
  if (is_utf8(bytes))
    json.set(key, bytes);
  else
    json.set(key + "_b64", base64(bytes));
}

}  // namespace

Json call_json(const call::Result& call, const std::string& instance, const std::string& response,
               const std::string& log) {
  Json json = Json::object();
  json.set("request_id", call.request_id).set("instance", instance.empty() ? Json() : Json(instance));
  json.set("outcome", call::to_json_with_body(call.outcome));
  set_text(json, "response", response);
  set_text(json, "log", log);
  json.set("duration_us", std::int64_t{call.duration.count()})
      .set("billed_ms", std::int64_t{std::chrono::ceil<std::chrono::milliseconds>(call.duration).count()});
  if (call.init) json.set("init_us", std::int64_t{call.init->count()});
  json.set("memory_limit", call.memory_limit);
  if (call.peak_memory)
    json.set("peak_memory", *call.peak_memory).set("peak_memory_is_approximate", call.peak_is_approximate);
  if (!call.walls.is_null()) json.set("walls", call.walls).set("timing", call.timing);
  return json;
}

}  // namespace fn::run
