// SPDX-License-Identifier: Apache-2.0
#include "supervisor/debugged_time.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;

TEST_CASE("no time passes before a debugger has come, nor while it is there, and all of it once it has gone") {
  sys::SteadyTime now{};
  run::DebuggedTime time(now);
  const auto after = [&](std::chrono::milliseconds step, bool connected) { return time.look(now += step, connected); };
  CHECK(after(60s, false) == 60s);
  CHECK(after(50ms, true) == 50ms);  // something looks whether there is anything
  CHECK(after(60s, false) == 60s);
  CHECK(after(700ms, true) == 700ms);
  CHECK(after(700ms, true) == 700ms);  // that is a debugger
  CHECK(after(100ms, false) == 0ms);
  CHECK(after(60s, false) == 0ms);
  CHECK(after(5s, true) == 5s);
  CHECK(after(1s, false) == 0ms);
}

TEST_CASE("what began while time stood still has taken none of it, and not less than none") {
  const sys::SteadyTime start{};
  const sys::SteadyTime now = start + 10s;
  CHECK(run::after_standstill(start, 4s, now) == start + 4s);
  CHECK(run::after_standstill(start + 7s, 4s, now) == now);
  CHECK(run::after_standstill(start + 11s, 4s, now) == start + 11s);
}
