// SPDX-License-Identifier: Apache-2.0
#include "fnrun_serve.hpp"
#include "serve/slots.hpp"

#include <algorithm>

using namespace fn;
using serve::Slots;

namespace {

std::string counts(const Slots& slots) {
  const Slots::Counts counts = slots.counts();
  return fmt::format("warm {} busy {} waiting {}", counts.warm, counts.busy, counts.waiting);
}

// Hands on what slots say until `count` calls are done; their numbers, in order.
std::vector<std::uint64_t> finish(ServeSite& site, Slots& slots, std::size_t count) {
  std::vector<std::uint64_t> done;
  while (done.size() < count) {
    for (const serve::Message& message : site.wait()) {
      const auto* each = std::get_if<serve::CallEnded>(&message);
      if (each == nullptr) continue;
      CHECK(each->result.outcome.status == call::Status::not_started);
      CHECK(each->result.outcome.message == "it is a fake");
      CHECK(each->generation.empty());
      done.push_back(each->call);
      slots.call_ended(*each);
    }
  }
  return done;
}

}  // namespace

TEST_CASE("as many calls as there may be are at work, then they wait, then they are refused") {
  ServeSite site;
  site.fake.wait();
  Slots slots(2, 1, site.shared);
  CHECK(counts(slots) == "warm 0 busy 0 waiting 0");
  CHECK(slots.submit(site.call(1)));
  CHECK(slots.submit(site.call(2)));
  CHECK(slots.submit(site.call(3)));
  CHECK(counts(slots) == "warm 0 busy 2 waiting 1");
  CHECK_FALSE(slots.submit(site.call(4)));
  site.fake.go();
  std::vector<std::uint64_t> done = finish(site, slots, 3);
  std::sort(done.begin(), done.end());
  CHECK(done == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(counts(slots) == "warm 0 busy 0 waiting 0");
}

TEST_CASE("calls that wait are taken in the order in which they came") {
  ServeSite site;
  site.fake.wait();
  Slots slots(1, 3, site.shared);
  for (const std::uint64_t number : {1U, 2U, 3U, 4U})
    CHECK(slots.submit(site.call(number, std::to_string(number % 2))));
  site.fake.go();
  CHECK(finish(site, slots, 4) == std::vector<std::uint64_t>{1, 2, 3, 4});
}

TEST_CASE("a call that waits can be withdrawn, one that is at work can not") {
  ServeSite site;
  site.fake.wait();
  Slots slots(1, 2, site.shared);
  for (const std::uint64_t number : {1U, 2U, 3U}) CHECK(slots.submit(site.call(number)));
  CHECK(slots.withdraw(2));
  CHECK_FALSE(slots.withdraw(2));
  CHECK_FALSE(slots.withdraw(1));
  CHECK(counts(slots) == "warm 0 busy 1 waiting 1");
  site.fake.go();
  CHECK(finish(site, slots, 2) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("cut off, the calls that wait are given back and those at work end") {
  ServeSite site;
  site.fake.wait();
  Slots slots(1, 2, site.shared);
  for (const std::uint64_t number : {1U, 2U, 3U}) CHECK(slots.submit(site.call(number)));
  CHECK(slots.cut_off() == std::vector<std::uint64_t>{2, 3});
  CHECK(counts(slots) == "warm 0 busy 1 waiting 0");
  site.fake.go();
  CHECK(finish(site, slots, 1) == std::vector<std::uint64_t>{1});
}

TEST_CASE("an instance that got cold is no longer counted as warm") {
  ServeSite site;
  Slots slots(1, 0, site.shared);
  CHECK(slots.submit(site.call(1)));
  for (bool waits = true; waits;) {
    for (const serve::Message& message : site.wait()) {
      if (const auto* done = std::get_if<serve::CallEnded>(&message)) {
        serve::CallEnded warm = *done;
        warm.generation = "key";
        slots.call_ended(warm);
        waits = false;
      }
    }
  }
  CHECK(counts(slots) == "warm 1 busy 0 waiting 0");
  slots.instance_ended({.slot = 0});
  CHECK(counts(slots) == "warm 0 busy 0 waiting 0");
}
