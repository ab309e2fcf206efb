// SPDX-License-Identifier: Apache-2.0
#include "call/request.hpp"

namespace fn::call {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Json to_json(const Request& request) {
  Json json = Json::object();
  json.set("id", request.id)
      .set("content_type", request.content_type)
      .set("function_arn", request.function_arn)
      .set("trace_id", request.trace_id)
      .set("client_context", request.client_context)
      .set("cognito_identity", request.cognito_identity)
      .set("tenant_id", request.tenant_id)
      .set("details", request.details);
  if (request.timeout) json.set("timeout_ms", std::int64_t{request.timeout->count()});
  return json;
}

Request request_of(const Json& json) {
  Request request;
  request.id = json.string_or("id", "");
  request.content_type = json.string_or("content_type", "");
  request.function_arn = json.string_or("function_arn", "");
  request.trace_id = json.string_or("trace_id", "");
  request.client_context = json.string_or("client_context", "");
  request.cognito_identity = json.string_or("cognito_identity", "");
  request.tenant_id = json.string_or("tenant_id", "");
  if (const Json* details = json.find("details")) request.details = details->as_bool();
  if (const Json* timeout = json.find("timeout_ms")) request.timeout = milliseconds(timeout->as_integer());
  return request;
}

Json to_json(const Result& result) {
  Json json = Json::object();
  json.set("outcome", to_json_with_body(result.outcome))
      .set("request_id", result.request_id)
      .set("duration_us", std::int64_t{result.duration.count()})
      .set("timeout_ms", std::int64_t{result.timeout.count()})
      .set("memory_limit", result.memory_limit)
      .set("version", result.version)
      .set("instance_ended", result.instance_ended);
  if (!result.walls.is_null()) json.set("walls", result.walls).set("timing", result.timing);
  if (result.init) json.set("init_us", std::int64_t{result.init->count()});
  if (result.peak_memory)
    json.set("peak_memory", *result.peak_memory).set("peak_memory_is_approximate", result.peak_is_approximate);
  return json;
}

Result result_of(const Json& json) {
  Result result;
  result.outcome = outcome_of(json.at("outcome"));
  result.request_id = json.at("request_id").as_string();
  result.duration = microseconds(json.at("duration_us").as_integer());
  result.timeout = milliseconds(json.integer_or("timeout_ms", 0));
  result.memory_limit = static_cast<Bytes>(json.integer_or("memory_limit", 0));
  result.version = json.string_or("version", "");
  result.instance_ended = json.at("instance_ended").as_bool();
  if (const Json* walls = json.find("walls")) result.walls = *walls;
  if (const Json* timing = json.find("timing")) result.timing = *timing;
  if (const Json* init = json.find("init_us")) result.init = microseconds(init->as_integer());
  if (const Json* peak = json.find("peak_memory")) {
    result.peak_memory = static_cast<Bytes>(peak->as_integer());
    result.peak_is_approximate = json.at("peak_memory_is_approximate").as_bool();
  }
  return result;
}

}  // namespace fn::call
