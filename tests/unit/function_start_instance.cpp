// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "fake_instance.hpp"
#include "function/start_instance.hpp"

#include <doctest/doctest.h>

using namespace fn;

TEST_CASE("an instance that could not be started says why") {
  const Scratch scratch;
  const FakeInstance fake(scratch);
  function::Assignment assignment;
  assignment.state.home = scratch.path("home");
  const auto start = [&] { return error_of([&] { function::start_instance(assignment); }); };
  fake.says(R"({"error":{"kind":4,"message":"no image","hint":"build it","exit":127,"reason":"no_program"}})");
  CHECK(start() == "not_found: no image (build it)");
  fake.says("");
  CHECK(start().starts_with("failure: "));
  fake.says("Segmentation fault");
  CHECK(start().starts_with("failure: answer of fn-instance"));
  fake.says(R"({"id":"0123abcd"})");
  CHECK(start() == "not_found: the instance has ended");
}

TEST_CASE("an instance is started with its assignment and our environment, and found by its id") {
  const Scratch scratch;
  const FakeInstance fake(scratch);
  function::Assignment assignment;
  assignment.state.home = scratch.path("home");
  assignment.reference = "app:v1";
  const instance::InstanceDir dir = instance::Instances(assignment.state.home).create();
  instance::Record record;
  record.id = dir.id();
  record.function = "resize";
  dir.write(record);
  fake.says(R"({"id":")" + dir.id() + R"("})");
  const instance::RunningInstance started = function::start_instance(assignment);
  CHECK(started.record.function == "resize");
  CHECK(Json::parse(scratch.read("assignment"), "assignment") == to_json(assignment));
  CHECK(scratch.read("environment").find("FN_LIBEXEC=" + scratch.path("libexec")) != std::string::npos);
}
