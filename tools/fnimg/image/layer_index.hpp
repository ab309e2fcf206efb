// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/layer_writer.hpp"
#include "layer/rows.hpp"
#include "layer/stat_cache.hpp"
#include "limits.hpp"
#include "oci/layout.hpp"
#include "state/index.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// What the index knows of earlier layers, in the terms of the layer writer.
class IndexedSegments final : public layer::SegmentStore {
 public:
  explicit IndexedSegments(const state::Index& index) : index_(index) {}
  std::vector<layer::StoredSegment> longest_prefix(std::span<const Sha256::Value> prefixes) const override;
  std::optional<layer::StoredLayer> find_layer(const Sha256::Value& prefix) const override;
  std::optional<layer::StoredSegment> find_segment(const Sha256::Value& coded_key) const override;

 private:
  mutable std::mutex mutex_;
  state::Index index_;
};

// The stat caches of the directories that a build reads, one a directory.
class SourceCaches {
 public:
  explicit SourceCaches(const state::Index& index) : index_(index) {}
  // Of the directory at `path`; null if it can't be looked at. From one thread.
  std::shared_ptr<layer::StatCache> open(const std::string& path);
  // Keeps what was learned.
  void save();

 private:
  struct Source {
    state::SourceDirectory directory;
    std::shared_ptr<layer::StatCache> cache;
  };
  state::Index index_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Source> sources_;  // by device and inode
};

// Forgets directories that are gone from their place.
void forget_lost_sources(state::Index& index);

// A file that package::read_database() may be given.
bool is_package_database(const layer::Entry& entry);
// What it says, for the index. One that is damaged tells nothing: `note` hears why.
std::optional<state::PackageList> read_package_list(const std::string& path, std::string_view bytes,
                                                    const std::function<void(const std::string&)>& note);

// Puts a layer that was just written into the index. `items` are what it was written from.
void index_written(state::Index& index, const layer::WrittenLayer& written, std::span<const layer::Item> items);

// Reads a layer's files for the index from its blob, which is proven by that: size, digest, diffID, the rules of tar.
// `note` hears of package databases that can't be read. Throws not_found, integrity.
std::vector<state::IndexedSegment> read_segments(const oci::Layout& layout, const oci::Descriptor& descriptor,
                                                 const oci::Digest& diff_id, const Limits& limits,
                                                 const std::function<void(const std::string&)>& note);

}  // namespace fn::img
