// SPDX-License-Identifier: Apache-2.0
#include "compare/entry_order.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <numeric>
#include <random>

using namespace fn::img;

namespace {

// The entry that stands at n in A stands at order[n] in B; its path is a letter.
std::uint64_t moved(const std::vector<std::uint64_t>& order, Tally& tally) {
  EntryOrder entries;
  for (std::size_t n = 0; n < order.size(); ++n) entries.add(std::string(1, char('a' + n)), n, order[n]);
  return entries.moved(tally);
}

// By trying every subset: how many are in neither order's way at most.
std::size_t longest_ascending(const std::vector<std::uint64_t>& values) {
  std::size_t best = 0;
  for (unsigned subset = 0; subset < 1U << values.size(); ++subset) {
    std::vector<std::uint64_t> chosen;
    for (std::size_t n = 0; n < values.size(); ++n)
      if ((subset >> n & 1U) != 0) chosen.push_back(values[n]);
    if (std::is_sorted(chosen.begin(), chosen.end())) best = std::max(best, chosen.size());
  }
  return best;
}

}  // namespace

TEST_CASE("one order moves nothing") {
  Tally tally(10);
  CHECK(moved({}, tally) == 0);
  CHECK(moved({0, 1, 2}, tally) == 0);
  CHECK(tally.take().empty());
}

TEST_CASE("one entry that went to the end is the only one that moved") {
  Tally tally(10);
  CHECK(moved({3, 0, 1, 2}, tally) == 1);
  const std::vector<Example> examples = tally.take();
  REQUIRE(examples.size() == 1);
  CHECK(examples[0].where == "a");
  CHECK(examples[0].a == "entry 0");
  CHECK(examples[0].b == "entry 3");
}

TEST_CASE("of a reversed tar all but one moved") {
  Tally tally(2);
  CHECK(moved({4, 3, 2, 1, 0}, tally) == 4);
  CHECK(tally.take().size() == 2);
}

TEST_CASE("entries are compared by their places, in whatever order they are added") {
  EntryOrder entries;
  entries.add("late", 2, 0);
  entries.add("early", 0, 1);
  entries.add("middle", 1, 2);
  Tally tally(10);
  CHECK(entries.moved(tally) == 1);
  CHECK(tally.take().at(0).where == "late");
}

TEST_CASE("no fewer entries could move") {
  std::mt19937 random(7);
  for (int n = 0; n < 200; ++n) {
    std::vector<std::uint64_t> order(random() % 9);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    CAPTURE(order.size());
    Tally tally(10);
    REQUIRE(moved(order, tally) == order.size() - longest_ascending(order));
  }
}
