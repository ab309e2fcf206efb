// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "instance/instances.hpp"
#include "scratch.hpp"

#include <atomic>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using instance::InstanceDir;
using instance::Instances;
using instance::Record;
using instance::RunningInstance;
using instance::State;

namespace {

Record record_for(const InstanceDir& dir, const std::string& function = "") {
  Record record;
  record.id = dir.id();
  record.function = function;
  record.reference = "app:v1";
  record.protocol = "lambda";
  record.supervisor = getpid();
  record.state = State::idle;
  record.keep_alive = std::chrono::minutes(5);
  return record;
}

std::size_t directories(const Scratch& scratch) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path("run"))) count += entry.is_directory();
  return count;
}

// A supervisor that is killed before it can take anything away.
std::string dead_instance(const std::string& home) {
  sys::Pipe pipe = sys::make_pipe();
  const pid_t child = fork();
  if (child == 0) {
    const InstanceDir dir = Instances(home).create();
    dir.write(record_for(dir));
    sys::write_full(pipe.write.get(), dir.id(), "pipe");
    pipe.write.reset();
    for (;;) pause();
  }
  pipe.write.reset();
  std::string id = sys::read_fd(pipe.read.get(), "pipe", 100);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return id;
}

}  // namespace

TEST_CASE("a record is written and read again") {
  Record record;
  record.id = "0123abcd";
  record.function = "resize";
  record.reference = "app:v1";
  record.digest = "sha256:ab";
  record.version = "v1";
  record.protocol = "exec";
  record.key = "77";
  record.supervisor = 12;
  record.init = 13;
  record.command = 14;
  record.state = State::paused;
  record.started_at = 15;
  record.idle_since = 16;
  record.keep_alive = std::chrono::milliseconds(17);
  record.one_shot = true;
  record.concurrency = 18;
  record.calls = 19;
  record.in_flight = 20;
  record.memory_limit = 21;
  const Json json = to_json(record);
  CHECK(to_json(instance::record_of(json)) == json);
  Json bad = json;
  bad.set("state", "asleep");
  CHECK(error_of([&] { instance::record_of(bad); }) == "integrity: 'asleep' is not a state of an instance");
  bad = json;
  bad.set("calls", -1);
  CHECK(error_of([&] { instance::record_of(bad); }) == "integrity: 'calls' is negative");
}

TEST_CASE("an instance is seen while its directory is held, and not after") {
  const Scratch scratch;
  const Instances instances(scratch.path());
  CHECK(instances.list().running.empty());
  {
    const InstanceDir dir = instances.create();
    CHECK(dir.id().size() == 8);
    CHECK(instances.list().running.empty());  // nothing is known of it yet
    dir.write(record_for(dir, "resize"));
    const std::vector<RunningInstance> running = instances.list().running;
    REQUIRE(running.size() == 1);
    CHECK(running[0].record.function == "resize");
    CHECK(Instances::is_alive(running[0].dir.get()));
  }
  CHECK(instances.list().running.empty());
  CHECK(directories(scratch) == 0);
}

TEST_CASE("what a killed supervisor left is not listed, and swept once") {
  const Scratch scratch;
  const Instances instances(scratch.path());
  const std::string dead = dead_instance(scratch.path());
  const InstanceDir dir = instances.create();
  dir.write(record_for(dir));
  const Instances::List list = instances.list();
  CHECK(list.running.size() == 1);
  CHECK(list.dead == std::vector<std::string>{dead});
  CHECK(directories(scratch) == 2);
  CHECK(instances.sweep(list.dead) == 1);
  CHECK(directories(scratch) == 1);
  CHECK(instances.list().dead.empty());
  CHECK(instances.sweep(list.dead) == 0);
  CHECK_FALSE(std::filesystem::exists(scratch.path("run/" + dead)));
}

TEST_CASE("a directory without a lock is swept, files and other names are left alone") {
  const Scratch scratch;
  scratch.write("run/0123abcd/instance.json", "{}");
  scratch.write("run/notes/x", "mine");
  scratch.write("run/89abcdef", "a file");
  const Instances instances(scratch.path());
  CHECK(instances.sweep(instances.list().dead) == 1);
  CHECK(scratch.read("run/89abcdef") == "a file");
  CHECK(scratch.read("run/notes/x") == "mine");
}

TEST_CASE("instances are found by the beginning of their id, by function, by reference") {
  const Scratch scratch;
  const Instances instances(scratch.path());
  const InstanceDir one = instances.create();
  one.write(record_for(one, "resize"));
  const InstanceDir two = instances.create();
  two.write(record_for(two, "thumbs"));
  const auto find = [&](const std::string& text) { return Instances::find(instances.list().running, text).record.id; };
  CHECK(find(one.id()) == one.id());
  CHECK(find("resize") == one.id());
  CHECK(find("thumbs") == two.id());
  CHECK(error_of([&] { find("app:v1"); }).starts_with("usage: 'app:v1' has 2 instances (name one of them: "));
  CHECK(error_of([&] { find("resiz"); }) == "not_found: no instance 'resiz' is running (did you mean 'resize'?)");
  CHECK(error_of([&] { find("0"); }).starts_with("not_found: no instance '0' is running"));
}

TEST_CASE("no instance is swept while others are made and removed") {
  const Scratch scratch;
  const Instances instances(scratch.path());
  const InstanceDir kept = instances.create();
  kept.write(record_for(kept));
  std::atomic<int> lost = 0, unseen = 0;
  const auto churn = [&] {
    for (int i = 0; i < 50; ++i) {
      const InstanceDir dir = instances.create();
      dir.write(record_for(dir));
      if (!std::filesystem::exists(scratch.path("run/" + dir.id() + "/instance.json"))) ++lost;
    }
  };
  const auto look = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Instances::List list = instances.list();
      if (list.running.empty()) ++unseen;
      (void)instances.sweep(list.dead);
    }
  };
  {
    const std::jthread looker(look);
    const std::jthread one(churn);
    const std::jthread other(churn);
  }
  CHECK(lost.load() == 0);
  CHECK(unseen.load() == 0);
  CHECK(directories(scratch) == 1);
}
