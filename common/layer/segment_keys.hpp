// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/compressor.hpp"
#include "layer/segment_store.hpp"
#include "layer/tar_stream.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::layer {

// What is known of the contents of a layer's items: all of it in the end, of some before they are read. Different
// items may be set from different threads.
class Contents {
 public:
  explicit Contents(std::span<const Item> items);

  bool is_known(std::size_t item) const { return states_[item] != State::unknown; }
  // It became known by set().
  bool is_new(std::size_t item) const { return states_[item] == State::learned; }
  const Content& at(std::size_t item) const { return contents_[item]; }
  void set(std::size_t item, Content content);

 private:
  enum class State : std::uint8_t { unknown, given, learned };
  std::vector<Content> contents_;
  std::vector<State> states_;
};

// The rows of a segment and the keys that follow from them; nothing if a content in it is not known yet.
std::optional<std::string> segment_rows(const TarStream& tar, std::size_t segment, const Contents& contents);
Sha256::Value coded_key(const Sha256::Value& rows_key, const Codec& codec);
Sha256::Value prefix_key(const Sha256::Value& before, const Sha256::Value& coded_key);

}  // namespace fn::layer
