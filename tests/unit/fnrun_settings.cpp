// SPDX-License-Identifier: Apache-2.0
#include "client/event.hpp"
#include "client/function_settings.hpp"
#include "client/serve_options.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;

namespace {

std::string value_of(const state::Function& function, const std::string& name) {
  for (const run::Setting& setting : run::settings_of(function))
    if (setting.name == name) return setting.value;
  return "none";
}

}  // namespace

TEST_CASE("a setting is shown as it could be typed") {
  state::Function function;
  function.image = "app:v1";
  function.memory = 512 * MiB;
  function.timeout = 90s;
  function.milli_cpus = 1500;
  function.pids = 0;
  function.network = Network::none;
  function.env = {{"LANG", "C"}};
  CHECK(value_of(function, "image") == "app:v1");
  CHECK(value_of(function, "memory") == "512MiB");
  CHECK(value_of(function, "timeout") == "90s");
  CHECK(value_of(function, "cpus") == "1.5");
  CHECK(value_of(function, "pids") == "no limit");
  CHECK(value_of(function, "net") == "none");
  CHECK(value_of(function, "protocol") == "auto");
  function.mounts = {"/data:/mnt/data:ro", "/a:/b"};
  CHECK(value_of(function, "mount /mnt/data") == "/data:ro");
  CHECK(value_of(function, "mount /b") == "/a");
  function.memory = 0;
  function.timeout = 0s;
  CHECK(value_of(function, "memory") == "no limit");
  CHECK(value_of(function, "timeout") == "no limit");
  CHECK(value_of(function, "env LANG") == "C");
}

TEST_CASE("an event is JSON on the spot, or a file") {
  const Scratch scratch;
  scratch.write("event.json", "[1]");
  CHECK(run::read_event(std::nullopt) == "{}");
  CHECK(run::read_event("{\"a\":1}") == "{\"a\":1}");
  CHECK(run::read_event("[broken") == "[broken");  // check_event() says what is wrong with it
  CHECK(run::read_event("7") == "7");
  CHECK(run::read_event(scratch.path("event.json")) == "[1]");
  CHECK(run::read_event("@" + scratch.path("event.json")) == "[1]");
  CHECK(error_of([&] { run::read_event(scratch.path("none")); }).starts_with("not_found: "));
  CHECK(error_of([] { run::check_event("[broken"); }).starts_with("usage: "));
  CHECK(error_of([] { run::check_event("7"); }) == "nothing");
}

TEST_CASE("an endpoint may be given in five ways, and is remote unless it is this machine alone") {
  const auto endpoint = [](const std::string& text) {
    const sys::Endpoint parsed = run::parse_endpoint(text);
    return parsed.str() + (parsed.is_remote() ? " remote" : "");
  };
  CHECK(endpoint("9000") == "127.0.0.1:9000");
  CHECK(endpoint(":9000") == "127.0.0.1:9000");
  CHECK(endpoint("localhost:9000") == "127.0.0.1:9000");
  CHECK(endpoint("[::1]:9000") == "[::1]:9000");
  CHECK(endpoint("0.0.0.0:9000") == "0.0.0.0:9000 remote");
  for (const char* wrong : {"", "here:9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000"})
    CHECK(error_of([&] { run::parse_endpoint(wrong); }).starts_with("usage: "));
}

TEST_CASE("what fn-serve is told is the same after its way there") {
  run::ServeOptions options;
  options.home = "/home/fn";
  options.lock_timeout = 5s;
  options.socket = 7;
  options.endpoint = "127.0.0.1:9000";
  options.target = "app:v1";
  options.launch = Json::object().set("a", 1);
  options.concurrency = 3;
  options.queue = 4;
  options.keep_alive = 1min;
  options.serve_for = 2s;
  options.aws_status = true;
  options.quiet = true;
  const Json json = to_json(options);
  const run::ServeOptions read = run::serve_options_of(json);
  CHECK(to_json(read) == json);
  CHECK(read.keep_alive == 1min);
  CHECK(read.aws_status == true);
  CHECK_FALSE(read.json);
  CHECK_FALSE(run::serve_options_of(to_json(run::ServeOptions{})).keep_alive);
}
