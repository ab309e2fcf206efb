// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "causes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fn::img {

// Where the entries that two tars share stand in each of them.
class EntryOrder {
 public:
  void add(std::string path, std::uint64_t in_a, std::uint64_t in_b) {
    places_.push_back({std::move(path), in_a, in_b});
  }
  std::uint64_t size() const { return places_.size(); }
  // The fewest entries that must move to give both tars one order; they go into `tally`, with their places.
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
