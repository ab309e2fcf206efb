// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/limits.hpp"
#include "layer/layer_writer.hpp"
#include "layer/rows.hpp"
#include "layer/stat_cache.hpp"
#include "layer/tree.hpp"
#include "oci/layout.hpp"
#include "state/index.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// The index's data of earlier layers, as the layer writer needs it.
class IndexedSegments final : public layer::SegmentStore {
 public:
  // `holds`: whether a whole layer, which is used as it is, has its digest.
  IndexedSegments(const state::Index& index, std::function<bool(const state::IndexedLayer&)> holds)
      : index_(index), holds_(std::move(holds)) {}
  std::vector<layer::StoredSegment> longest_prefix(std::span<const Sha256::Value> prefixes) const override;
  std::optional<layer::StoredLayer> find_layer(const Sha256::Value& prefix) const override;
  std::optional<layer::StoredSegment> find_segment(const Sha256::Value& coded_key) const override;

 private:
  mutable std::mutex mutex_;
  state::Index index_;
  std::function<bool(const state::IndexedLayer&)> holds_;
};

// The stat caches of the directories that a build reads, one per directory.
class SourceCaches {
 public:
  explicit SourceCaches(const state::Index& index) : index_(index) {}
  // The cache of the directory at `path`; null if the directory is not accessible. For use from one thread.
  std::shared_ptr<layer::StatCache> open(const std::string& path);
  // Saves what was added.
  void save();

 private:
  struct Source {
    state::SourceDirectory directory;
    std::shared_ptr<layer::StatCache> cache;
  };
  state::Index index_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Source> sources_;  // by device and inode
};

// Drops directories that no longer exist.
void forget_lost_sources(state::Index& index);

// What a layer's rows say: its files, and what it makes of a tree. `contents` gets the files' contents, which the tree
// borrows; without it the tree knows none.
std::vector<layer::File> files_in(const std::vector<std::string>& rows);
void apply_rows(std::vector<std::string> rows, layer::Tree& tree, std::deque<layer::Content>* contents = nullptr);

// Whether package::read_database() accepts the file.
bool is_package_database(const layer::Entry& entry);
// Its packages, for the index. A corrupt file has none: `note` gets the reason.
std::optional<state::PackageList> read_package_list(const std::string& path, std::string_view bytes,
                                                    const std::function<void(const std::string&)>& note);

// Puts a layer that was just written into the index; of one that was there already, what is missing. `items` are its
// source. Throws what their origins throw.
void index_written(state::Index& index, const layer::WrittenLayer& written, std::span<const layer::Item> items);

// Reads a layer's files for the index from its blob, and verifies it: size, digest, diffID, tar structure. `note` is
// told of unreadable package databases. Throws not_found, integrity.
std::vector<state::IndexedSegment> read_segments(const oci::Layout& layout, const oci::Descriptor& descriptor,
                                                 const oci::Digest& diff_id, const Limits& limits,
                                                 const std::function<void(const std::string&)>& note);
// Adds the result of read_segments() to the index; what it knows of the layer already stays.
void index_read(state::Index& index, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                const std::vector<state::IndexedSegment>& segments);

}  // namespace fn::img
