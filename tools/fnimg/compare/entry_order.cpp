// SPDX-License-Identifier: Apache-2.0
#include "compare/entry_order.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <limits>

namespace fn::img {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

// Which of the values belong to a longest ascending subsequence (patience sorting: the last card of each pile, and from
// each card the one below it on the pile before).
std::vector<bool> longest_ascending(const std::vector<std::uint64_t>& values) {
  std::vector<std::size_t> tops;
  std::vector<std::size_t> below(values.size(), none);
  for (std::size_t n = 0; n < values.size(); ++n) {
    const auto pile = std::lower_bound(tops.begin(), tops.end(), values[n],
                                       [&](std::size_t top, std::uint64_t value) { return values[top] < value; });
    if (pile != tops.begin()) below[n] = *(pile - 1);
    if (pile == tops.end()) {
      tops.push_back(n);
    } else {
      *pile = n;
    }
  }
  std::vector<bool> kept(values.size(), false);
  for (std::size_t n = tops.empty() ? none : tops.back(); n != none; n = below[n]) kept[n] = true;
  return kept;
}

}  // namespace

std::uint64_t EntryOrder::moved(Tally& tally) const {
  std::vector<const Place*> by_a;
  for (const Place& place : places_) by_a.push_back(&place);
  std::sort(by_a.begin(), by_a.end(), [](const Place* x, const Place* y) { return x->a < y->a; });
  std::vector<std::uint64_t> values;
  for (const Place* place : by_a) values.push_back(place->b);
  const std::vector<bool> kept = longest_ascending(values);
  for (std::size_t n = 0; n < by_a.size(); ++n)
    if (!kept[n]) tally.add(by_a[n]->path, fmt::format("entry {}", by_a[n]->a), fmt::format("entry {}", by_a[n]->b));
  return tally.count();
}

}  // namespace fn::img
