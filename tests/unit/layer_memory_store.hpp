// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/layer_writer.hpp"

#include <map>
#include <mutex>
#include <vector>

namespace fn::layer::test {

// A SegmentStore in memory, and how often it was asked for single segments.
class MemoryStore final : public SegmentStore {
 public:
  void put(const WrittenLayer& layer) {
    if (layer.is_reused) return;
    std::vector<StoredSegment> segments;
    Bytes offset = 0;
    for (const WrittenSegment& one : layer.segments) {
      segments.push_back({.blob = layer.descriptor.digest,
                          .blob_size = layer.descriptor.size,
                          .offset = offset,
                          .size = one.size,
                          .checksum = one.checksum,
                          .tar_state = one.tar_state,
                          .blob_state = one.blob_state});
      offset += one.size;
      coded[one.coded_key] = segments.back();
      prefixes[one.prefix_key] = {layers.size(), segments.size()};
    }
    ends[layer.segments.back().prefix_key] = {
        .blob = layer.descriptor.digest, .size = layer.descriptor.size, .diff_id = layer.diff_id};
    layers.push_back(std::move(segments));
  }

  std::vector<StoredSegment> longest_prefix(std::span<const Sha256::Value> keys) const override {
    for (std::size_t count = keys.size(); count > 0; --count) {
      const auto found = prefixes.find(keys[count - 1]);
      if (found == prefixes.end()) continue;
      const auto& [layer, end] = found->second;
      return {layers[layer].begin(), layers[layer].begin() + std::ptrdiff_t(end)};
    }
    return {};
  }
  std::optional<StoredLayer> find_layer(const Sha256::Value& prefix) const override {
    const auto found = ends.find(prefix);
    return found == ends.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<StoredSegment> find_segment(const Sha256::Value& key) const override {
    const std::lock_guard lock(mutex_);
    ++asked;
    const auto found = coded.find(key);
    return found == coded.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<Sha256::Value, StoredSegment> coded;
  std::map<Sha256::Value, std::pair<std::size_t, std::size_t>> prefixes;  // layer, segments
  std::map<Sha256::Value, StoredLayer> ends;
  std::vector<std::vector<StoredSegment>> layers;
  mutable int asked = 0;

 private:
  mutable std::mutex mutex_;
};

}  // namespace fn::layer::test
