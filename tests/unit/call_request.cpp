// SPDX-License-Identifier: Apache-2.0
#include "call/request.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;

TEST_CASE("a request is the same after its way through a frame") {
  const call::Request request{.id = "an-id",
                              .timeout = 1500ms,
                              .content_type = "text/plain",
                              .function_arn = "arn",
                              .trace_id = "Root=1",
                              .client_context = "{}",
                              .cognito_identity = "who",
                              .tenant_id = "tenant",
                              .details = true};
  const Json json = to_json(request);
  CHECK(to_json(call::request_of(json)) == json);
  CHECK(call::request_of(json).timeout == 1500ms);
  CHECK_FALSE(call::request_of(to_json(call::Request{})).timeout);
}

TEST_CASE("a result is the same after its way through a frame, with what the function reported") {
  call::Result result;
  result.outcome = call::reported("Function.Oops", R"({"errorMessage":"no luck"})");
  result.request_id = "an-id";
  result.duration = 1234us;
  result.init = 99us;
  result.timeout = 3s;
  result.memory_limit = 128 * MiB;
  result.peak_memory = 5 * MiB;
  result.peak_is_approximate = true;
  result.version = "v1";
  result.walls = Json::array();
  result.timing = Json::object();
  result.instance_ended = true;
  const Json json = to_json(result);
  const call::Result read = call::result_of(json);
  CHECK(to_json(read) == json);
  CHECK(read.outcome.status == call::Status::function_error);
  CHECK(read.outcome.body == R"({"errorMessage":"no luck"})");
  CHECK(read.init == 99us);
  CHECK(read.peak_memory == 5 * MiB);
}

TEST_CASE("what was reported is in a frame, and not in the log") {
  const call::Outcome outcome = call::reported("Function.Oops", R"({"errorMessage":"no luck"})");
  CHECK_FALSE(to_json(outcome).find("body"));
  CHECK(call::to_json_with_body(outcome).at("body").as_string() == R"({"errorMessage":"no luck"})");
  CHECK_FALSE(call::to_json_with_body({}).find("body"));
}

TEST_CASE("a frame of another build is refused") {
  CHECK(error_of([] { call::result_of(Json::parse(R"({"request_id":"x"})", "result")); }).starts_with("integrity: "));
  Json json = to_json(call::Result{});
  json.set("outcome", Json::object().set("status", "splendid"));
  CHECK(error_of([&] { call::result_of(json); }).starts_with("integrity: 'splendid'"));
}
