// SPDX-License-Identifier: Apache-2.0
#include "base/environment.hpp"
#include "error_of.hpp"
#include "function/assign_function.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using function::Assignment;
using function::Blueprint;
using namespace std::chrono_literals;

namespace {

Assignment full_assignment() {
  Assignment assignment;
  assignment.state = {"/home/fn", 5s};
  assignment.target = "sha256:00";
  assignment.reference = "app:v1";
  assignment.version = "v1";
  assignment.function = "resize";
  assignment.protocol = state::Protocol::lambda;
  assignment.handler = "app.handler";
  assignment.command = {"/bin/app", "x"};
  assignment.entrypoint = "";
  assignment.settings.memory = 128 * MiB;
  assignment.settings.cpus = 0.5;
  assignment.settings.pids = 0;
  assignment.settings.timeout = 3s;
  assignment.settings.env = {"A=1"};
  assignment.settings.mounts = {"/a:/b"};
  assignment.settings.user = "app";
  assignment.settings.working_dir = "/w";
  assignment.settings.writable = true;
  assignment.settings.freeze = true;
  assignment.concurrency = 4;
  assignment.keep_alive = 60s;
  assignment.one_shot = true;
  return assignment;
}

function::Target assigned_target(const Scratch& scratch) {
  function::Target target;
  target.name = "app:v1";
  target.root.directory = scratch.path();
  return target;
}

}  // namespace

TEST_CASE("an assignment is the same after its way to fn-instance") {
  const Json json = to_json(full_assignment());
  const Assignment read = function::assignment_of(json);
  CHECK(to_json(read) == json);
  CHECK(read.settings == full_assignment().settings);
  CHECK(read.entrypoint == "");
  CHECK(to_json(function::assignment_of(to_json(Assignment{}))) == to_json(Assignment{}));
  CHECK(error_of([] { function::assignment_of(Json::object()); }).starts_with("integrity: "));
}

TEST_CASE("the key stands for what makes a difference to the function, and for nothing else") {
  const std::string key = key_of(full_assignment());
  CHECK(key.size() == 16);
  Assignment other = full_assignment();
  other.state.lock_timeout = 1s;
  other.keep_alive = 1s;
  other.one_shot = false;
  CHECK(key_of(other) == key);
  other.settings.env = {"A=2"};
  CHECK(key_of(other) != key);
  other = full_assignment();
  other.target = "sha256:01";
  CHECK(key_of(other) != key);
}

TEST_CASE("the instances of a function have its settings") {
  routing::Route route;
  route.function.name = "resize";
  route.function.memory = 256 * MiB;
  route.function.timeout = 7s;
  route.function.milli_cpus = 1500;
  route.function.network = Network::host;
  route.function.command = {"/bin/app"};
  route.function.env = {{"A", "1"}, {"B", ""}};
  route.reference = "app:v1";
  route.version = "v1";
  const Assignment assignment = function::assign_function(route, {"/home/fn", 5s});
  CHECK(assignment.function == "resize");
  CHECK(assignment.reference == "app:v1");
  CHECK_FALSE(assignment.entrypoint);  // the function's command comes after the image's
  CHECK(assignment.command == std::vector<std::string>{"/bin/app"});
  CHECK(assignment.settings.memory == 256 * MiB);
  CHECK(assignment.settings.timeout == 7s);
  CHECK(assignment.settings.cpus == 1.5);
  CHECK(assignment.settings.network == "host");
  CHECK(assignment.settings.env == std::vector<std::string>{"A=1", "B="});
}

TEST_CASE("a runtime sees what Lambda says of its function; of that an image may change the rest alone") {
  const Scratch scratch;
  function::Target target = assigned_target(scratch);
  target.entrypoint = {"/bootstrap"};
  target.cmd = {"app.handler"};
  target.environment = {"_HANDLER=theirs", "TZ=CET"};
  Assignment assignment;
  assignment.protocol = state::Protocol::lambda;
  assignment.function = "resize";
  assignment.settings.memory = 128 * MiB;
  assignment.settings.env = {"AWS_LAMBDA_FUNCTION_NAME=mine", "AWS_REGION=eu"};
  const Blueprint blueprint = Blueprint::make(assignment, std::move(target));
  const auto& environment = blueprint.spec.environment;
  CHECK(blueprint.handler == "app.handler");
  CHECK(environment::get(environment, "_HANDLER") == "app.handler");
  CHECK(environment::get(environment, "AWS_LAMBDA_FUNCTION_NAME") == "resize");
  CHECK(environment::get(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE") == "128");
  CHECK(environment::get(environment, "AWS_LAMBDA_RUNTIME_API") == "127.0.0.1:9001");
  CHECK(environment::get(environment, "AWS_REGION") == "eu");
  CHECK(environment::get(environment, "TZ") == "CET");
  CHECK(environment::get(environment, "LANG") == "en_US.UTF-8");
  CHECK(environment::get(environment, "PATH").value_or("").ends_with(":/bin:/opt/bin"));
  CHECK(environment::get(environment, "LD_LIBRARY_PATH").value_or("").ends_with(":/var/task/lib:/opt/lib"));
  CHECK(environment::get(environment, "NODE_PATH") == "/opt/nodejs/node_modules:/var/runtime/node_modules");
  CHECK(environment::get(environment, "PYTHONPATH") == "/opt/python:/var/runtime");
  CHECK(blueprint.spec.network == Network::loopback);
  CHECK(blueprint.spec.working_dir == "/var/task");
  CHECK(blueprint.spec.listen_port == 9001);
}

TEST_CASE("on the host's network the Runtime API has no port until somebody chose one") {
  const Scratch scratch;
  Assignment assignment;
  assignment.protocol = state::Protocol::lambda;
  assignment.settings.network = "host";
  assignment.settings.env = {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1"};
  Blueprint blueprint = Blueprint::make(assignment, assigned_target(scratch));
  CHECK(blueprint.spec.network == Network::host);
  CHECK_FALSE(blueprint.spec.listen_port);
  blueprint.set_runtime_api_port(40000);
  CHECK(environment::get(blueprint.spec.environment, "AWS_LAMBDA_RUNTIME_API") == "127.0.0.1:40000");
}

TEST_CASE("an image without an entrypoint that has a bootstrap is a custom runtime") {
  const Scratch scratch;
  CHECK_FALSE(function::is_custom_runtime(assigned_target(scratch)));
  scratch.write("var/task/bootstrap", "");
  CHECK_FALSE(function::is_custom_runtime(assigned_target(scratch)));  // an empty file is none
  scratch.write("var/runtime/bootstrap", "#!/bin/sh\n");
  CHECK(function::is_custom_runtime(assigned_target(scratch)));
  Assignment assignment;
  const auto speaks = [&] { return function::protocol_of(assignment, assigned_target(scratch)); };
  CHECK(speaks() == state::Protocol::lambda);
  assignment.command = {"/bin/app"};
  CHECK(speaks() == state::Protocol::exec);
  assignment.protocol = state::Protocol::lambda;
  CHECK(speaks() == state::Protocol::lambda);
  function::Target target = assigned_target(scratch);
  target.entrypoint = {"/bin/app"};
  CHECK_FALSE(function::is_custom_runtime(target));
}
