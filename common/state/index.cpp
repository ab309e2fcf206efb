// SPDX-License-Identifier: Apache-2.0
#include "state/index.hpp"

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::state {
namespace {

using Durable = db::Transaction::Durable;

constexpr std::string_view layer_columns = "SELECT id, digest, size, diff_id, made FROM layer ";
constexpr std::string_view place_columns =
    "SELECT layer.digest, layer.size, s.offset, s.size, s.checksum, s.tar_state, s.blob_state "
    "FROM layer_segment AS s JOIN layer ON layer.id = s.layer ";

IndexedLayer read_layer(const db::Statement& row) {
  return {.id = row.integer(0),
          .digest = oci::Digest::parse(row.text(1)),
          .size = Bytes(row.integer(2)),
          .diff_id = oci::Digest::parse(row.text(3)),
          .is_made = row.integer(4) != 0};
}

SegmentPlace read_place(const db::Statement& row) {
  return {.blob = oci::Digest::parse(row.text(0)),
          .blob_size = Bytes(row.integer(1)),
          .offset = Bytes(row.integer(2)),
          .size = Bytes(row.integer(3)),
          .checksum = row.blob(4),
          .tar_state = row.blob(5),
          .blob_state = row.blob(6)};
}

std::string digest_of(std::string_view bytes) {
  const Sha256::Value digest = Sha256::of(bytes);
  return {digest.begin(), digest.end()};
}

}  // namespace

std::optional<IndexedLayer> Index::find(const oci::Digest& blob) const {
  db::Statement row = db_->query(std::string(layer_columns) + "WHERE digest = ?");
  row.bind(blob.str());
  if (!row.step()) return std::nullopt;
  return read_layer(row);
}

std::vector<IndexedLayer> Index::layers() const {
  std::vector<IndexedLayer> layers;
  db::Statement rows = db_->query(std::string(layer_columns) + "ORDER BY digest");
  while (rows.step()) layers.push_back(read_layer(rows));
  return layers;
}

std::vector<std::string> Index::files(const IndexedLayer& layer) const {
  std::vector<std::string> files;
  db::Statement rows = db_->query(
      "SELECT segment.key, segment.files FROM layer_segment JOIN segment ON segment.id = layer_segment.segment "
      "WHERE layer = ? ORDER BY position");
  rows.bind(layer.id);
  while (rows.step()) {
    files.push_back(rows.blob(1));
    if (rows.blob(0) != digest_of(files.back()))
      fail(Kind::integrity, "the index of layer '{}' is damaged", layer.digest.str());
  }
  return files;
}

std::vector<SegmentPlace> Index::longest_prefix(const std::vector<std::string>& prefixes) const {
  db::Statement find = db_->query("SELECT layer FROM layer_segment WHERE prefix = ? AND prefix <> x'' LIMIT 1");
  std::int64_t layer = 0;
  const auto is_known = [&](const std::string& prefix) {
    find.bind_blob(prefix);
    const bool found = find.step();
    if (found) layer = find.integer(0);
    find.reset();
    return found;
  };
  // A layer that begins with n segments begins with n - 1 of them too.
  const auto end = std::partition_point(prefixes.begin(), prefixes.end(), is_known);
  std::vector<SegmentPlace> places;
  if (end == prefixes.begin() || !is_known(*std::prev(end))) return places;
  db::Statement rows =
      db_->query(std::string(place_columns) + "WHERE s.layer = ? AND s.position < ? ORDER BY s.position");
  rows.bind(layer).bind(std::int64_t(end - prefixes.begin()));
  while (rows.step()) places.push_back(read_place(rows));
  return places;
}

std::optional<IndexedLayer> Index::layer_ending_with(std::string_view prefix) const {
  db::Statement row = db_->query(std::string(layer_columns) +
                                 "WHERE id IN (SELECT layer FROM layer_segment WHERE prefix = ? AND prefix <> x'')");
  row.bind_blob(prefix);
  if (!row.step()) return std::nullopt;
  return read_layer(row);
}

std::optional<SegmentPlace> Index::segment_coded(std::string_view coded) const {
  db::Statement row = db_->query(std::string(place_columns) + "WHERE s.coded = ? AND s.coded <> x'' LIMIT 1");
  row.bind_blob(coded);
  if (!row.step()) return std::nullopt;
  return read_place(row);
}

bool Index::knows_segment(std::string_view key) const {
  db::Statement row = db_->query("SELECT 1 FROM segment WHERE key = ?");
  row.bind_blob(key);
  return row.step();
}

void Index::put(const IndexedLayer& layer, const std::vector<IndexedSegment>& segments) {
  db::Transaction transaction(*db_, Durable::later);
  db_->query("DELETE FROM layer WHERE digest = ?").bind(layer.digest.str()).run();
  db::Statement added = db_->query("INSERT INTO layer (digest, size, diff_id, made) VALUES (?, ?, ?, ?) RETURNING id");
  added.bind(layer.digest.str()).bind(std::int64_t(layer.size)).bind(layer.diff_id.str()).bind(layer.is_made ? 1 : 0);
  added.step();
  const std::int64_t id = added.integer(0);
  added.reset();
  db::Statement known = db_->query("SELECT id, files FROM segment WHERE key = ?");
  db::Statement mend = db_->query("UPDATE segment SET files = ? WHERE id = ?");
  db::Statement add = db_->query("INSERT INTO segment (key, files) VALUES (?, ?) RETURNING id");
  db::Statement add_list = db_->query("INSERT INTO package_list (segment, path, packages) VALUES (?, ?, ?)");
  db::Statement add_place = db_->query(R"sql(
      INSERT INTO layer_segment (layer, position, segment, coded, prefix, offset, size, checksum, tar_state, blob_state)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql");
  const auto id_of = [&](const IndexedSegment& segment) {
    known.bind_blob(segment.key);
    const bool is_known = known.step();
    const std::int64_t found = is_known ? known.integer(0) : 0;
    const bool is_damaged = is_known && known.blob(1) != segment.files;
    known.reset();
    if (is_damaged) mend.bind_blob(segment.files).bind(found).run();
    if (is_known) return found;
    add.bind_blob(segment.key).bind_blob(segment.files);
    add.step();
    const std::int64_t made = add.integer(0);
    add.reset();
    for (const PackageList& list : segment.package_lists)
      add_list.bind(made).bind(list.path).bind_blob(list.packages).run();
    return made;
  };
  Bytes offset = 0;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    const IndexedSegment& segment = segments[n];
    add_place.bind(id)
        .bind(std::int64_t(n))
        .bind(id_of(segment))
        .bind_blob(segment.coded)
        .bind_blob(segment.prefix)
        .bind(std::int64_t(offset))
        .bind(std::int64_t(segment.size))
        .bind_blob(segment.checksum)
        .bind_blob(segment.tar_state)
        .bind_blob(segment.blob_state)
        .run();
    offset += segment.size;
  }
  transaction.commit();
}

std::string Index::source(const SourceDirectory& directory) const {
  db::Statement row = db_->query("SELECT files FROM source WHERE device = ? AND inode = ?");
  row.bind(std::int64_t(directory.device)).bind(std::int64_t(directory.inode));
  return row.step() ? row.blob(0) : std::string();
}

void Index::put_source(const SourceDirectory& directory, std::string_view files) {
  db::Transaction transaction(*db_, Durable::later);
  db_->query("INSERT OR REPLACE INTO source (device, inode, path, files) VALUES (?, ?, ?, ?)")
      .bind(std::int64_t(directory.device))
      .bind(std::int64_t(directory.inode))
      .bind(directory.path)
      .bind_blob(files)
      .run();
  transaction.commit();
}

std::vector<SourceDirectory> Index::sources() const {
  std::vector<SourceDirectory> directories;
  db::Statement rows = db_->query("SELECT device, inode, path FROM source");
  while (rows.step())
    directories.push_back({std::uint64_t(rows.integer(0)), std::uint64_t(rows.integer(1)), rows.text(2)});
  return directories;
}

void Index::remove_source(const SourceDirectory& directory) {
  db_->query("DELETE FROM source WHERE device = ? AND inode = ?")
      .bind(std::int64_t(directory.device))
      .bind(std::int64_t(directory.inode))
      .run();
}

std::vector<PackageList> Index::package_lists(const IndexedLayer& layer) const {
  std::vector<PackageList> lists;
  db::Statement rows = db_->query(
      "SELECT path, packages FROM layer_segment JOIN package_list USING (segment) WHERE layer = ? "
      "ORDER BY position, path");
  rows.bind(layer.id);
  while (rows.step()) lists.push_back({.path = rows.text(0), .packages = rows.blob(1)});
  return lists;
}

void Index::clear() {
  db::Transaction transaction(*db_, Durable::later);
  for (const char* table : {"layer", "segment", "source"}) db_->execute(fmt::format("DELETE FROM {}", table));
  transaction.commit();
}

bool Index::keep_only(const std::vector<oci::Digest>& kept) {
  bool removed = false;
  db::Transaction transaction(*db_);
  for (const IndexedLayer& layer : layers()) {
    if (std::binary_search(kept.begin(), kept.end(), layer.digest)) continue;
    db_->query("DELETE FROM layer WHERE id = ?").bind(layer.id).run();
    removed = true;
  }
  db_->execute("DELETE FROM segment WHERE id NOT IN (SELECT segment FROM layer_segment)");
  transaction.commit();
  return removed;
}

}  // namespace fn::state
