// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/file_facts.hpp"
#include "image/limits.hpp"
#include "layer/tar_segments.hpp"
#include "oci/layout.hpp"
#include "state/index.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace fn::img {

// What the index keeps of the members of one segment, from their source. Throws what their origins throw.
state::SegmentFacts read_facts(std::span<const layer::Item> members);

// Facts as the index has them, segment by segment, can be unpacked; those that are not known are passed over.
bool are_sound(const std::vector<std::optional<std::string>>& facts);
// Of what both know of a layer's segments, they say the same. Both are sound.
bool agree(const std::vector<std::optional<std::string>>& facts, const std::vector<state::IndexedSegment>& read);

// The facts of a layer's members, learned while its tar goes by. They take a hundredth of the space that programs take;
// of a layer made to have more than 512 MiB of them the rest stays unknown.
class LayerFacts {
 public:
  // Of the next member, if it has any.
  void add(std::size_t member, FactsOfStream& stream);
  // Reads members whose facts the stream couldn't tell from the blob, which was verified. Throws as visit_layer() does.
  void complete(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                const Limits& limits);
  // Gives each segment of the tar its facts.
  void put_into(std::vector<state::IndexedSegment>& segments, const layer::TarSegments& tar) const;

 private:
  void keep(std::size_t member, FileFacts facts);

  std::map<std::size_t, FileFacts> known_;  // by member
  std::set<std::size_t> incomplete_;
  std::size_t unknown_from_ = std::size_t(-1);
  Bytes bytes_ = 0;
};

}  // namespace fn::img
