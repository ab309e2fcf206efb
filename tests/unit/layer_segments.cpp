// SPDX-License-Identifier: Apache-2.0
#include "layer/segment_plan.hpp"
#include "layer_support.hpp"

#include <set>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

Item sized_item(const std::string& path, Bytes size) {
  Item made;
  made.entry.path = path;
  made.entry.size = size;
  return made;
}

std::vector<Item> tree(int files) {
  std::vector<Item> items;
  for (int i = 0; i < files; ++i)
    items.push_back(sized_item(fmt::format("usr/share/doc/file-{:05}", i), Bytes(i * 7919 % 80'000)));
  return items;
}

// Cuts counted from the end of the stream: what is behind a change is the same place there.
std::set<Bytes> from_the_end(const SegmentPlan& plan) {
  std::set<Bytes> cuts;
  for (const Bytes cut : plan.cuts) cuts.insert(plan.size() - cut);
  return cuts;
}

}  // namespace

TEST_CASE("the plan covers the tar without a gap") {
  const auto items = tree(3000);
  const SegmentPlan plan = plan_segments(items);
  Bytes size = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    CHECK(plan.starts[i] == size);
    size += header_of(items[i].entry).size() + items[i].entry.size + tar_padding(items[i].entry.size);
  }
  CHECK(plan.starts.back() == size);
  CHECK(plan.size() == size + tar_trailer);
  CHECK(plan.cuts.front() == 0);
  const std::set<Bytes> starts(plan.starts.begin(), plan.starts.end());
  for (std::size_t i = 1; i + 1 < plan.cuts.size(); ++i) {
    CHECK(plan.cuts[i] - plan.cuts[i - 1] >= min_segment);
    CHECK(plan.cuts[i] - plan.cuts[i - 1] <= max_segment);
    CHECK(starts.contains(plan.cuts[i]));
  }
  CHECK(plan.segments() > 10);
}

TEST_CASE("an empty layer is one segment: the trailer") {
  const SegmentPlan plan = plan_segments({});
  CHECK(plan.segments() == 1);
  CHECK(plan.size() == tar_trailer);
}

TEST_CASE("cuts behind a change fall into step again") {
  const auto items = tree(3000);
  const std::set<Bytes> before = from_the_end(plan_segments(items));
  auto grown = items;
  grown[10].entry.size += 1'234'567;
  auto removed = items;
  removed.erase(removed.begin() + 5, removed.begin() + 60);
  for (const auto& changed : {grown, removed}) {
    const std::set<Bytes> after = from_the_end(plan_segments(changed));
    std::size_t lost = 0;
    for (const Bytes cut : after) lost += before.contains(cut) ? 0U : 1U;
    CHECK(lost <= 5);
    CHECK(after.size() > 15);
  }
}

TEST_CASE("a large file is cut in its content") {
  const std::vector<Item> items{sized_item("a", 100), sized_item("big", 100 * MiB), sized_item("z", 100)};
  const SegmentPlan plan = plan_segments(items);
  CHECK(plan.segments() == 25);
  const Bytes content = plan.starts[1] + tar_block;
  for (std::size_t i = 1; i < 25; ++i) CHECK(plan.cuts[i] == content + i * target_segment);
}

TEST_CASE("sizes around the limit make no tiny and no huge segment") {
  for (const Bytes first : {Bytes{0}, min_segment - 5000, min_segment, target_segment, max_segment - 5000}) {
    for (const Bytes second :
         {min_segment, max_segment - 1000, max_segment, max_segment + 1, max_segment + min_segment}) {
      const std::vector<Item> items{sized_item("a", first), sized_item("b", second), sized_item("c", 1)};
      const SegmentPlan plan = plan_segments(items);
      for (std::size_t i = 0; i < plan.segments(); ++i) {
        const Bytes size = plan.cuts[i + 1] - plan.cuts[i];
        CHECK(size <= max_segment + tar_trailer);
        CHECK((size >= min_segment || i + 1 == plan.segments()));
      }
    }
  }
}
