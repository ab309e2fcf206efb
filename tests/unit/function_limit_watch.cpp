// SPDX-License-Identifier: Apache-2.0
#include "function/limit_watch.hpp"
#include "sys/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <thread>

using namespace fn;
using function::LimitWatch;
using sandbox::Wall;
using sandbox::WallState;
using namespace std::chrono_literals;

namespace {

sandbox::Plan plan_with_memory(WallState::Level level) {
  sandbox::Plan plan;
  for (int wall = 0; wall <= int(Wall::pids); ++wall) plan.walls.push_back({.wall = Wall(wall)});
  for (WallState& state : plan.walls)
    if (state.wall == Wall::memory) state.level = level;
  plan.spec.limits.memory = 64 * MiB;
  return plan;
}

// The files of this machine, with a shell as the command and no controller.
sandbox::Plan plan_of(const std::string& script) {
  sandbox::Spec spec;
  spec.root.directory = "/";
  spec.command = {"sh", "-c", script};
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.limits.memory = 256 * MiB;
  return sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
}

sandbox::Sandbox start(const sandbox::Plan& plan) {
  const sys::Fd null = sys::open_file("/dev/null", O_RDWR);
  return sandbox::Sandbox::start(plan, {null.get(), null.get(), null.get()});
}

// Looks whenever it is time to. How often that was.
int look_for(std::chrono::milliseconds time, LimitWatch& watch, sandbox::Sandbox& sandbox) {
  int looks = 0;
  const auto end = std::chrono::steady_clock::now() + time;
  while (watch.next_look() && *watch.next_look() < end && watch.kill_reason() == call::KillReason::none) {
    std::this_thread::sleep_until(*watch.next_look());
    watch.check(sandbox);
    ++looks;
  }
  return looks;
}

}  // namespace

TEST_CASE("without a limit of ours there is nothing to look at") {
  const LimitWatch watch(plan_with_memory(WallState::Level::up), std::nullopt);
  CHECK_FALSE(watch.next_look());
  CHECK(watch.limits().memory == 64 * MiB);
  CHECK_FALSE(LimitWatch(plan_with_memory(WallState::Level::up), 0ms).next_look());
}

TEST_CASE("a timeout is looked at once, at its time") {
  const LimitWatch watch(plan_with_memory(WallState::Level::up), 3s);
  CHECK(watch.next_look() == watch.started() + 3s);
  CHECK(watch.limits().timeout == 3s);
}

TEST_CASE("memory that no controller limits is looked at again and again, until the timeout") {
  const LimitWatch watch(plan_with_memory(WallState::Level::approximate), 3s);
  const auto before = std::chrono::steady_clock::now();
  const auto next = watch.next_look();
  REQUIRE(next);
  CHECK(*next >= before);
  CHECK(*next <= std::chrono::steady_clock::now() + 100ms);
  const LimitWatch soon(plan_with_memory(WallState::Level::approximate), 1ms);
  CHECK(soon.next_look() == soon.started() + 1ms);
}

TEST_CASE("the more memory is left, the more seldom it is looked at") {
  const sandbox::Plan plan = plan_of("exec sleep 60");
  sandbox::Sandbox sleeping = start(plan);
  LimitWatch watch(plan, std::nullopt);
  const int looks = look_for(1s, watch, sleeping);
  CHECK(looks >= 4);
  CHECK(looks <= 20);
  CHECK(watch.kill_reason() == call::KillReason::none);
}

TEST_CASE("an idle sandbox is looked at for as long as something runs in it") {
  const sandbox::Plan plan = plan_of("sleep 60 & exec sleep 60");
  sandbox::Sandbox sleeping = start(plan);
  LimitWatch watch(plan, std::nullopt);
  watch.set_idle(true);
  look_for(5s, watch, sleeping);
  CHECK_FALSE(watch.next_look());
  CHECK(look_for(5s, watch, sleeping) == 0);
  watch.set_idle(false);
  CHECK(watch.next_look());

  const sandbox::Plan busy_plan = plan_of("while :; do :; done");
  sandbox::Sandbox busy = start(busy_plan);
  LimitWatch busy_watch(busy_plan, std::nullopt);
  busy_watch.set_idle(true);
  CHECK(look_for(3s, busy_watch, busy) > 10);
  CHECK(busy_watch.next_look());
}

TEST_CASE("what is over its memory is killed, whichever process has it") {
  const sandbox::Plan plan = plan_of("(sleep 0.5; head -c 400M /dev/zero | tail -c 390M | sleep 60) & exec sleep 60");
  sandbox::Sandbox hungry = start(plan);
  LimitWatch watch(plan, std::nullopt);
  watch.set_idle(true);
  look_for(20s, watch, hungry);
  CHECK(watch.kill_reason() == call::KillReason::out_of_memory);
  CHECK(hungry.end());
}
