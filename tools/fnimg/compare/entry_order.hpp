// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/causes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fn::img {

// The positions of the entries that two tars share.
class EntryOrder {
 public:
  void add(std::string path, std::uint64_t in_a, std::uint64_t in_b) {
    places_.push_back({std::move(path), in_a, in_b});
  }
  std::uint64_t size() const { return places_.size(); }
  // The smallest set of entries that must move to give both tars the same order; they are added to `tally`, with their
  // positions.
  std::uint64_t moved(Tally& tally) const;

 private:
  struct Place {
    std::string path;
    std::uint64_t a;
    std::uint64_t b;
  };
  std::vector<Place> places_;
};

}  // namespace fn::img
