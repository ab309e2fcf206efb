// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "function/settings.hpp"
#include "scratch.hpp"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace fn;
using function::Settings;
using function::Target;
using Words = std::vector<std::string>;

namespace {

Target target_in(const Scratch& scratch) {
  Target target;
  target.name = "app:v1";
  target.root.directory = scratch.path();
  return target;
}

}  // namespace

TEST_CASE("the command is the image's, unless words or another entrypoint are given") {
  Target target;
  target.name = "app:v1";
  target.entrypoint = {"/bin/app", "--fast"};
  target.cmd = {"serve"};
  CHECK(function::command_of(target, {}, std::nullopt) == Words{"/bin/app", "--fast", "serve"});
  CHECK(function::command_of(target, {"check"}, std::nullopt) == Words{"/bin/app", "--fast", "check"});
  CHECK(function::command_of(target, {}, "/bin/sh") == Words{"/bin/sh"});
  CHECK(function::command_of(target, {"-c", "x"}, "/bin/sh") == Words{"/bin/sh", "-c", "x"});
  CHECK(function::command_of(target, {"id"}, "") == Words{"id"});
  CHECK(error_of([&] { function::command_of(target, {}, ""); }).starts_with("usage: 'app:v1' "));
}

TEST_CASE("the environment is a PATH, the image's and then what is asked for; of ours only what is named") {
  const Scratch scratch;
  Target target = target_in(scratch);
  target.environment = {"PATH=/image", "LANG=C"};
  REQUIRE(setenv("FN_UNIT_OURS", "here", 1) == 0);
  REQUIRE(unsetenv("FN_UNIT_NONE") == 0);
  Settings settings;
  settings.env = {"LANG=de", "FN_UNIT_OURS", "FN_UNIT_NONE", "EMPTY="};
  CHECK(function::make_spec(target, settings, {"/x"}).environment ==
        Words{"PATH=/image", "HOME=/tmp", "LANG=de", "FN_UNIT_OURS=here", "EMPTY="});
  settings.env = {"=x"};
  CHECK(error_of([&] { function::make_spec(target, settings, {"/x"}); }).starts_with("usage: "));
}

TEST_CASE("limits, network and directory of the sandbox are what the settings say") {
  const Scratch scratch;
  Target target = target_in(scratch);
  target.working_dir = "/image";
  Settings settings;
  sandbox::Spec spec = function::make_spec(target, settings, {"/x"});
  CHECK(spec.limits.pids == 1024);
  CHECK_FALSE(spec.limits.memory);
  CHECK(spec.network == Network::none);
  CHECK(spec.working_dir == "/image");
  settings.pids = 0;
  settings.memory = 64 * MiB;
  settings.network = "loopback";
  settings.working_dir = "/asked";
  settings.user = "1000:1001";
  spec = function::make_spec(target, settings, {"/x"});
  CHECK_FALSE(spec.limits.pids);
  CHECK(spec.limits.memory == 64 * MiB);
  CHECK(spec.network == Network::loopback);
  CHECK(spec.working_dir == "/asked");
  CHECK(spec.identity.uid == 1000);
  CHECK(spec.identity.gid == 1001);
  settings.network = "host";
  CHECK(function::make_spec(target, settings, {"/x"}).network == Network::host);
}

TEST_CASE("mounts are of this host, and have a place inside") {
  const Scratch scratch;
  const Target target = target_in(scratch);
  scratch.write("data/file", "x");
  Settings settings;
  settings.mounts = {scratch.path("data/../data") + ":/in:ro", scratch.path("data") + ":/also"};
  const sandbox::Spec spec = function::make_spec(target, settings, {"/x"});
  REQUIRE(spec.mounts.size() == 2);
  CHECK(spec.mounts[0].source == scratch.path("data"));
  CHECK(spec.mounts[0].target == "/in");
  CHECK(spec.mounts[0].read_only);
  CHECK_FALSE(spec.mounts[1].read_only);
  for (const char* wrong : {"", "a", "a:", ":b", "a:b:c", "a:b:ro:d"}) {
    settings.mounts = {wrong};
    CHECK(error_of([&] { function::make_spec(target, settings, {"/x"}); }).starts_with("usage: "));
  }
}

TEST_CASE("required walls are named one by one, and 'cgroup' means the limits") {
  const Scratch scratch;
  const Target target = target_in(scratch);
  Settings settings;
  settings.require = "seccomp,cgroup,,landlock";
  using sandbox::Wall;
  CHECK(function::make_spec(target, settings, {"/x"}).require ==
        std::vector<Wall>{Wall::seccomp, Wall::memory, Wall::cpus, Wall::pids, Wall::landlock});
  settings.require = "moat";
  CHECK(error_of([&] { function::make_spec(target, settings, {"/x"}); }).starts_with("usage: "));
}

TEST_CASE("a user by name is the image's, with its groups") {
  const Scratch scratch;
  const Target target = target_in(scratch);
  scratch.write("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1234:1235::/:/bin/sh\n");
  scratch.write("etc/group", "more:x:77:other,app\n");
  Settings settings;
  settings.user = "app";
  const sandbox::Identity identity = function::make_spec(target, settings, {"/x"}).identity;
  CHECK(identity.uid == 1234);
  CHECK(identity.gid == 1235);
  CHECK(identity.groups == std::vector<gid_t>{77});
  CHECK(identity.home == "/");
  settings.user = "nobody-here";
  CHECK(error_of([&] { function::make_spec(target, settings, {"/x"}); }).starts_with("not_found: "));
}

TEST_CASE("HOME is the user's in the image, where that has it and nobody says otherwise") {
  const Scratch scratch;
  Target target = target_in(scratch);
  scratch.write("etc/passwd", "app:x:1234:1235::/home/app:/bin/sh\nlost:x:5:5::/nowhere:\nodd:x:6:6::home:\n");
  scratch.write("home/app/.profile", "");
  const auto home = [&](const char* user) {
    Settings settings;
    settings.user = user;
    return function::make_spec(target, settings, {"/x"}).environment.at(1);
  };
  CHECK(home("app") == "HOME=/home/app");
  CHECK(home("1234:7") == "HOME=/home/app");
  for (const char* user : {"", "0", "lost", "odd", "77"}) CHECK(home(user) == "HOME=/tmp");
  target.environment = {"HOME=/image"};
  CHECK(home("app") == "HOME=/image");
}
