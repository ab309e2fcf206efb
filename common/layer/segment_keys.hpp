// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/compressor.hpp"
#include "layer/segment_store.hpp"
#include "layer/tar_segments.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::layer {

// The known contents of a layer's items: some are known before they are read, all in the end. Different items may be
// set from different threads.
class ItemContents {
 public:
  explicit ItemContents(std::span<const Item> items);

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

// The rows of a segment and the keys that follow from them; nothing if one of its contents is not known yet.
std::optional<std::string> segment_rows(const TarSegments& tar, std::size_t segment, const ItemContents& contents);
// `rows_key` is the digest of a segment's rows; with the codec it stands for the segment's compressed bytes.
Sha256::Value coded_key(const Sha256::Value& rows_key, const Codec& codec);
// `before` is the prefix key of the segment before, all zero for the first one.
Sha256::Value prefix_key(const Sha256::Value& before, const Sha256::Value& coded_key);

}  // namespace fn::layer
