// SPDX-License-Identifier: Apache-2.0
// An image that a reference named before an update is kept by a row of its own: it can be run, compared and gone back
// to by its digest until `images_kept` later ones have left the reference. What a function has by its digest is kept
// as long as a function has it, whoever took its name.
#include "state/updates.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::state {
namespace {

constexpr std::string_view update_columns = "SELECT id, reference, kind, before, after, changed_at FROM image_update ";
}  // namespace

std::string_view update_kind_name(Update::Kind kind) {
  return kind == Update::Kind::update ? "update" : "rollback";
}

std::vector<Update> Updates::read(db::Statement& rows) const {
  std::vector<Update> updates;
  while (rows.step()) {
    Update& update = updates.emplace_back();
    update.id = rows.integer(0);
    update.reference = rows.text(1);
    update.kind =
        rows.text(2) == update_kind_name(Update::Kind::update) ? Update::Kind::update : Update::Kind::rollback;
    update.before = image_digest(rows.text(3));
    update.after = image_digest(rows.text(4));
    update.changed_at = rows.integer(5);
    db::Statement layers = db_->query(
        "SELECT layer, channel, from_number, to_number, from_version, to_version FROM updated_layer WHERE change = ? "
        "ORDER BY layer");
    layers.bind(update.id);
    while (layers.step())
      update.layers.push_back({.layer = layers.text(0),
                               .channel = layers.text(1),
                               .from_number = layers.integer(2),
                               .to_number = layers.integer(3),
                               .from_version = layers.text(4),
                               .to_version = layers.text(5)});
  }
  return updates;
}

std::vector<Update> Updates::of(const std::string& reference) const {
  db::Statement rows = db_->query(std::string(update_columns) + "WHERE reference = ? ORDER BY id");
  rows.bind(reference);
  return read(rows);
}

std::optional<Update> Updates::last_to(const std::string& reference, const oci::Digest& after) const {
  db::Statement rows = db_->query(std::string(update_columns) +
                                  "WHERE reference = ? AND after = ? AND kind = 'update' ORDER BY id DESC LIMIT 1");
  rows.bind(reference).bind(after.str());
  std::vector<Update> found = read(rows);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::int64_t Updates::highest(const std::string& reference, const std::string& channel) const {
  db::Statement row = db_->query(
      "SELECT max(to_number) FROM updated_layer JOIN image_update ON id = change "
      "WHERE reference = ? AND channel = ? AND kind = 'update'");
  row.bind(reference).bind(channel);
  return row.step() ? row.integer(0) : 0;
}

std::int64_t Updates::rolled_back_from(const std::string& reference, const std::string& channel) const {
  db::Statement row = db_->query(
      "SELECT CASE kind WHEN 'rollback' THEN from_number ELSE 0 END FROM updated_layer "
      "JOIN image_update ON id = change WHERE reference = ? AND channel = ? ORDER BY id DESC LIMIT 1");
  row.bind(reference).bind(channel);
  return row.step() ? row.integer(0) : 0;
}

std::vector<ImageRow> Updates::earlier(const std::string& reference) const {
  std::vector<ImageRow> images;
  db::Statement rows =
      db_->query(std::string(earlier_image_columns) + "AND reference = ? ORDER BY left_by DESC, left_at DESC, digest");
  rows.bind(reference);
  while (rows.step()) images.push_back(read_image_row(rows));
  return images;
}

std::int64_t Updates::add(const Update& update) {
  db::Statement insert = db_->query(
      "INSERT INTO image_update (reference, kind, before, after, changed_at) VALUES (?, ?, ?, ?, ?) RETURNING id");
  insert.bind(update.reference)
      .bind(update_kind_name(update.kind))
      .bind(update.before.str())
      .bind(update.after.str())
      .bind(update.changed_at)
      .step();
  const std::int64_t id = insert.integer(0);
  db::Statement layer = db_->query(
      "INSERT INTO updated_layer (change, layer, channel, from_number, to_number, from_version, to_version) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const UpdatedLayer& each : update.layers)
    layer.bind(id)
        .bind(each.layer)
        .bind(each.channel)
        .bind(each.from_number)
        .bind(each.to_number)
        .bind(each.from_version)
        .bind(each.to_version)
        .run();
  return id;
}

void Updates::keep(const std::string& reference, const ImageRow& image, UnixTime now, std::int64_t left_by) {
  db::Statement insert = db_->query(R"sql(
      INSERT INTO earlier_image (reference, media_type, digest, size, created, platform, layer_bytes, left_at, left_by)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (reference, digest) DO UPDATE SET
        left_at = excluded.left_at, left_by = max(left_by, excluded.left_by))sql");
  insert.bind(reference);
  bind_image(insert, image);
  insert.bind(now).bind(left_by).run();
}

void Updates::drop_earlier(const std::string& reference, std::size_t kept) {
  db::Statement rows =
      db_->query("SELECT digest FROM earlier_image WHERE reference = ? AND left_by > 0 ORDER BY left_by DESC");
  rows.bind(reference);
  std::vector<oci::Digest> dropped;
  for (std::size_t n = 0; rows.step(); ++n)
    if (n >= kept) dropped.push_back(image_digest(rows.text(0)));
  for (const oci::Digest& digest : dropped) {
    if (is_named_by_function(digest)) {
      db_->query("UPDATE earlier_image SET left_by = 0 WHERE reference = ? AND digest = ?")
          .bind(reference)
          .bind(digest.str())
          .run();
    } else {
      drop_earlier(reference, digest);
    }
  }
}

void Updates::drop_earlier(const std::string& reference, const oci::Digest& digest) {
  db_->query("DELETE FROM earlier_image WHERE reference = ? AND digest = ?").bind(reference).bind(digest.str()).run();
}

void Updates::drop_unused() {
  db_->query(
         "DELETE FROM earlier_image WHERE left_by = 0 AND "
         "NOT EXISTS (SELECT 1 FROM function WHERE image LIKE '%@' || digest)")
      .run();
}

void Updates::forget(const std::string& reference) {
  db_->query("DELETE FROM image_update WHERE reference = ?").bind(reference).run();
  drop_earlier(reference, 0);
}

bool Updates::is_named_by_function(const oci::Digest& digest) const {
  db::Statement row = db_->query("SELECT 1 FROM function WHERE image LIKE '%@' || ? LIMIT 1");
  row.bind(digest.str());
  return row.step();
}

}  // namespace fn::state
