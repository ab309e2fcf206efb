// SPDX-License-Identifier: Apache-2.0
#include "routing/call_slot.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fn;
using routing::CallSlot;

TEST_CASE("as many calls hold a slot as the function may have, in one process or several") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  auto first = CallSlot::take(home, "f", 2);
  auto second = CallSlot::take(home, "f", 2);
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(CallSlot::take(home, "f", 2));
  CHECK(CallSlot::take(home, "g", 1));
  first.reset();
  // A process that ends in whatever way gives its slot back.
  const pid_t child = fork();
  if (child == 0) {
    const auto third = CallSlot::take(home, "f", 2);
    _exit(third && !CallSlot::take(home, "f", 2) ? 0 : 1);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  first = CallSlot::take(home, "f", 2);
  CHECK(first);
  CHECK_FALSE(CallSlot::take(home, "f", 2));
  CHECK(CallSlot::take(home, "f", 3));
}
