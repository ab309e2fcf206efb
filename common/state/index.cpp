// SPDX-License-Identifier: Apache-2.0
// The index is a cache in state.db of what reading layers and directories taught. Nothing in it is needed.
//
//     layer          a blob: digest, size, diffID, and whether a build made it
//     segment        packed rows of files, by their key; layers with the same files share them
//     layer_segment  a layer's segments in order; if a build made it, also where their bytes are in the blob, and the
//                    states of both hashes behind each
//     package_list   what a package manager's file in a segment says
//     segment_facts  what programs and libraries in a segment say of themselves
//     source         the stat cache of a directory that was built from
//
// Rows must prove themselves. Those of files must have the digest that is their key. A later build copies bytes and
// hash states on the word of a layer_segment, so each carries a seal over all its values, and a row whose seal is wrong
// is passed over as if it were not there. What is damaged or missing is learned again.
//
// Writes are not synced one by one: a power cut may take the latest. The removal of a layer is synced, because its blob
// goes right after it, and a row that outlived its blob would promise bytes that are gone.
#include "state/index.hpp"

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/pack.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::state {
namespace {

using Durable = db::Transaction::Durable;

constexpr std::string_view layer_columns = "SELECT id, digest, size, diff_id, made FROM layer ";
constexpr std::string_view place_columns =
    "SELECT layer.digest, layer.size, s.offset, s.size, s.checksum, s.tar_state, s.blob_state, s.seal, s.position, "
    "s.coded, s.prefix, layer.diff_id, layer.id, layer.made "
    "FROM layer_segment AS s JOIN layer ON layer.id = s.layer ";

oci::Digest read_digest(const std::string& text) {
  if (!oci::Digest::is_valid(text)) fail(Kind::integrity, "state.db is corrupt: '{}' is not a digest", printable(text));
  return oci::Digest::parse(text);
}

IndexedLayer read_layer(const db::Statement& row) {
  return {.id = row.integer(0),
          .digest = read_digest(row.text(1)),
          .size = Bytes(row.integer(2)),
          .diff_id = read_digest(row.text(3)),
          .is_made = row.integer(4) != 0};
}

std::string digest_of(std::string_view bytes) {
  const Sha256::Value digest = Sha256::of(bytes);
  return {digest.begin(), digest.end()};
}

// What copies of bytes and states rest on.
struct SealedRow {
  std::string layer;  // digest
  std::int64_t layer_size = 0;
  std::string diff_id;
  std::int64_t position = 0;
  std::string coded;
  std::string prefix;
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::string checksum;
  std::string tar_state;
  std::string blob_state;

  std::string seal() const {
    Packer packer;
    packer.text(layer).signed_number(layer_size).text(diff_id).signed_number(position).text(coded).text(prefix);
    packer.signed_number(offset).signed_number(size).text(checksum).text(tar_state).text(blob_state);
    return digest_of(packer.str());
  }
  SegmentPlace place() const {
    return {.blob = read_digest(layer),
            .blob_size = Bytes(layer_size),
            .offset = Bytes(offset),
            .size = Bytes(size),
            .checksum = checksum,
            .tar_state = tar_state,
            .blob_state = blob_state};
  }
};

// Nothing if the row is not what put() wrote.
std::optional<SealedRow> read_sealed(const db::Statement& row) {
  SealedRow sealed{.layer = row.text(0),
                   .layer_size = row.integer(1),
                   .diff_id = row.text(11),
                   .position = row.integer(8),
                   .coded = row.blob(9),
                   .prefix = row.blob(10),
                   .offset = row.integer(2),
                   .size = row.integer(3),
                   .checksum = row.blob(4),
                   .tar_state = row.blob(5),
                   .blob_state = row.blob(6)};
  if (sealed.seal() != row.blob(7)) return std::nullopt;
  return sealed;
}

// Of segments that have rows.
void write_facts(db::Database& db, const std::vector<IndexedSegment>& segments) {
  db::Statement write = db.query(
      "INSERT OR REPLACE INTO segment_facts (segment, form, facts) SELECT id, ?, ? FROM segment WHERE key = ?");
  for (const IndexedSegment& segment : segments)
    if (segment.facts) write.bind(segment.facts->form).bind_blob(segment.facts->packed).bind_blob(segment.key).run();
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
      fail(Kind::integrity, "the index of layer '{}' is corrupt", layer.digest.str());
  }
  return files;
}

std::optional<std::vector<std::string>> Index::files_of(const oci::Descriptor& blob, const oci::Digest& diff_id) const {
  const auto known = find(blob.digest);
  // What a config says of the blob may be wrong, and is then to be found out by reading it.
  if (!known || known->diff_id != diff_id || known->size != blob.size) return std::nullopt;
  try {
    return files(*known);
  } catch (const Error& error) {
    // What they would say is in the blob.
    if (error.kind() != Kind::integrity) throw;
    return std::nullopt;
  }
}

bool Index::is_sound(const IndexedLayer& layer) const {
  db::Statement rows = db_->query(
      "SELECT segment.key, segment.files FROM layer_segment JOIN segment ON segment.id = layer_segment.segment "
      "WHERE layer = ?");
  rows.bind(layer.id);
  while (rows.step())
    if (rows.blob(0) != digest_of(rows.blob(1))) return false;
  db::Statement sealed = db_->query(std::string(place_columns) + "WHERE s.layer = ?");
  sealed.bind(layer.id);
  while (sealed.step())
    if (!read_sealed(sealed)) return false;
  return true;
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
  while (rows.step()) {
    const auto row = read_sealed(rows);
    if (!row || row->position != std::int64_t(places.size()) || row->prefix != prefixes[places.size()]) break;
    places.push_back(row->place());
  }
  return places;
}

std::optional<IndexedLayer> Index::layer_ending_with(std::string_view prefix) const {
  db::Statement row = db_->query(std::string(place_columns) + "WHERE s.prefix = ? AND s.prefix <> x'' LIMIT 1");
  row.bind_blob(prefix);
  if (!row.step()) return std::nullopt;
  const auto last = read_sealed(row);
  if (!last) return std::nullopt;
  return IndexedLayer{.id = row.integer(12),
                      .digest = read_digest(last->layer),
                      .size = Bytes(last->layer_size),
                      .diff_id = read_digest(last->diff_id),
                      .is_made = row.integer(13) != 0};
}

std::optional<SegmentPlace> Index::segment_coded(std::string_view coded) const {
  db::Statement row = db_->query(std::string(place_columns) + "WHERE s.coded = ? AND s.coded <> x'' LIMIT 1");
  row.bind_blob(coded);
  if (!row.step()) return std::nullopt;
  const auto found = read_sealed(row);
  return found ? std::optional(found->place()) : std::nullopt;
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
  db::Statement known = db_->query("SELECT id, files = ? FROM segment WHERE key = ?");
  db::Statement repair = db_->query("UPDATE segment SET files = ? WHERE id = ?");
  db::Statement add = db_->query("INSERT INTO segment (key, files) VALUES (?, ?) RETURNING id");
  db::Statement add_list = db_->query("INSERT INTO package_list (segment, path, packages) VALUES (?, ?, ?)");
  db::Statement add_place = db_->query(R"sql(
      INSERT INTO layer_segment
        (layer, position, segment, coded, prefix, offset, size, checksum, tar_state, blob_state, seal)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql");
  const auto id_of = [&](const IndexedSegment& segment) {
    known.bind_blob(segment.files).bind_blob(segment.key);
    const bool is_known = known.step();
    const std::int64_t found = is_known ? known.integer(0) : 0;
    const bool is_damaged = is_known && known.integer(1) == 0;
    known.reset();
    if (is_damaged) repair.bind_blob(segment.files).bind(found).run();
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
    const SealedRow row{.layer = layer.digest.str(),
                        .layer_size = std::int64_t(layer.size),
                        .diff_id = layer.diff_id.str(),
                        .position = std::int64_t(n),
                        .coded = segment.coded,
                        .prefix = segment.prefix,
                        .offset = std::int64_t(offset),
                        .size = std::int64_t(segment.size),
                        .checksum = segment.checksum,
                        .tar_state = segment.tar_state,
                        .blob_state = segment.blob_state};
    add_place.bind(id)
        .bind(row.position)
        .bind(id_of(segment))
        .bind_blob(row.coded)
        .bind_blob(row.prefix)
        .bind(row.offset)
        .bind(row.size)
        .bind_blob(row.checksum)
        .bind_blob(row.tar_state)
        .bind_blob(row.blob_state)
        .bind_blob(row.seal())
        .run();
    offset += segment.size;
  }
  write_facts(*db_, segments);
  transaction.commit();
}

std::vector<std::optional<std::string>> Index::facts(const IndexedLayer& layer, std::int64_t form) const {
  std::vector<std::optional<std::string>> facts;
  db::Statement rows = db_->query(
      "SELECT f.form, f.facts FROM layer_segment AS s LEFT JOIN segment_facts AS f USING (segment) "
      "WHERE layer = ? ORDER BY position");
  rows.bind(layer.id);
  while (rows.step()) {
    // Nobody's form is NULL, which reads as 0.
    const bool is_known = rows.integer(0) == form;
    facts.push_back(is_known ? std::optional(rows.blob(1)) : std::nullopt);
  }
  return facts;
}

bool Index::knows_facts(const IndexedLayer& layer, std::int64_t form) const {
  db::Statement missing = db_->query(
      "SELECT 1 FROM layer_segment AS s LEFT JOIN segment_facts AS f USING (segment) "
      "WHERE layer = ? AND form IS NOT ? LIMIT 1");
  missing.bind(layer.id).bind(form);
  return !missing.step();
}

bool Index::knows_facts(std::string_view key, std::int64_t form) const {
  db::Statement row = db_->query("SELECT 1 FROM segment JOIN segment_facts ON segment = id WHERE key = ? AND form = ?");
  row.bind_blob(key).bind(form);
  return row.step();
}

void Index::put_facts(const std::vector<IndexedSegment>& segments) {
  db::Transaction transaction(*db_, Durable::later);
  write_facts(*db_, segments);
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
  std::vector<std::string> gone;
  db::Statement proofs = db_->query("SELECT digest FROM proof");
  while (proofs.step())
    if (!oci::Digest::is_valid(proofs.text(0)) ||
        !std::binary_search(kept.begin(), kept.end(), oci::Digest::parse(proofs.text(0))))
      gone.push_back(proofs.text(0));
  for (const std::string& digest : gone) db_->query("DELETE FROM proof WHERE digest = ?").bind(digest).run();
  transaction.commit();
  return removed;
}

}  // namespace fn::state
