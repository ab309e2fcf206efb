// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "db/sqlite.hpp"
#include "oci/descriptor.hpp"
#include "oci/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::state {

// A layer's blob in the index. Rows of the table `layer`.
struct IndexedLayer {
  std::int64_t id = 0;
  oci::Digest digest;
  Bytes size = 0;
  oci::Digest diff_id;
  bool is_made = false;  // made by a build: its segments can be copied
};

// The contents of a package database, packed. Rows of the table `package_list`.
struct PackageList {
  std::string path;  // in the layer
  std::string packages;
};

// What a reader of the segment's files wants to know of them: bytes that only it understands, in a form that it
// numbers. Rows of the table `segment_facts`.
struct SegmentFacts {
  std::int64_t form = 0;
  std::string packed;
};

// A segment of a layer, and what a later build needs to know about it. Keys, checksums and states are bytes that only
// the module `layer` understands.
struct IndexedSegment {
  std::string key;    // of `files`
  std::string files;  // rows, packed
  std::string coded;  // this and the following: empty or 0 unless the layer was made
  std::string prefix;
  Bytes size = 0;
  std::string checksum;
  std::string tar_state;
  std::string blob_state;
  std::vector<PackageList> package_lists;
  std::optional<SegmentFacts> facts = {};  // nothing: not known
};

// Where a segment's bytes are. Rows of the table `layer_segment`.
struct SegmentPlace {
  oci::Digest blob;
  Bytes blob_size = 0;
  Bytes offset = 0;
  Bytes size = 0;
  std::string checksum;
  std::string tar_state;
  std::string blob_state;
};

// A directory that was a source of a build. Rows of the table `source`.
struct SourceDirectory {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string path;  // absolute, without links
};

// The tables of the index. All of it can be rebuilt: what is missing is read again. Writes are not synced to disk
// immediately, and are lost or kept as a whole. Not safe to use from several threads.
class Index {
 public:
  explicit Index(db::Database& db) : db_(&db) {}

  std::optional<IndexedLayer> find(const oci::Digest& blob) const;
  std::vector<IndexedLayer> layers() const;  // by digest
  // The packed rows of each segment, in the order of the layer. Throws integrity for rows that do not match their key.
  std::vector<std::string> files(const IndexedLayer& layer) const;
  // The same for a blob that is known as one of this tar. None if it is not, or if its rows are corrupt.
  std::optional<std::vector<std::string>> files_of(const oci::Descriptor& blob, const oci::Digest& diff_id) const;
  // The index's data of the layer is as put() wrote it.
  bool is_sound(const IndexedLayer& layer) const;

  // The segments of the longest prefix of a layer that is listed in `prefixes`.
  std::vector<SegmentPlace> longest_prefix(const std::vector<std::string>& prefixes) const;
  std::optional<IndexedLayer> layer_ending_with(std::string_view prefix) const;
  std::optional<SegmentPlace> segment_coded(std::string_view coded) const;

  // Replaces the blob's data. Facts that others with the same segments learned stay.
  void put(const IndexedLayer& layer, const std::vector<IndexedSegment>& segments);

  // The facts of each segment, in the order of the layer; nothing where those of this form are not known.
  std::vector<std::optional<std::string>> facts(const IndexedLayer& layer, std::int64_t form) const;
  bool knows_facts(const IndexedLayer& layer, std::int64_t form) const;  // of all segments
  bool knows_facts(std::string_view key, std::int64_t form) const;       // of the segment
  // Adds or replaces the facts of segments that are in the index; what else is said of them is passed over.
  void put_facts(const std::vector<IndexedSegment>& segments);

  // Packed stat rows of a directory that was a source of a build; "" if unknown.
  std::string source(const SourceDirectory& directory) const;
  // Replaces the previous entry for its path.
  void put_source(const SourceDirectory& directory, std::string_view files);
  std::vector<SourceDirectory> sources() const;
  void remove_source(const SourceDirectory& directory);

  bool knows_segment(std::string_view key) const;
  std::vector<PackageList> package_lists(const IndexedLayer& layer) const;

  // Removes the data of blobs that are not among `kept` (sorted), and everything that only they used; durably, so that
  // the blobs may be removed afterwards. True if there was any.
  bool keep_only(const std::vector<oci::Digest>& kept);
  // Removes everything.
  void clear();

 private:
  db::Database* db_;
};

}  // namespace fn::state
