// SPDX-License-Identifier: Apache-2.0
// The store is state.db and, beside it, an OCI layout that any tool may read. An image is named in this order: its
// blobs, durably; its rows, in one transaction; index.json (store_index.cpp). A process that is killed in between
// leaves blobs without a name, for gc, or an index.json that is behind, which the next writer makes again. Never a row
// whose blobs are missing: publish() asks for each of them, and syncs the directory of names that other processes made.
//
// Two locks, both of the kernel and gone with their process. blobs.lock is shared by all who write blobs until these
// have a name; who removes blobs has it alone. index.lock is held while index.json is written, and the rows for that
// are read under it. Who needs both takes blobs.lock first.
#include "state/store.hpp"

#include "base/text.hpp"
#include "state/index_entries.hpp"
#include "state/schema.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::state {
namespace {

std::string database_path(const std::string& home) {
  return home + "/state.db";
}

// Throws usage if `home` is not a directory.
bool has_database(const std::string& home) {
  struct stat status {};
  const std::string path = database_path(home);
  if (stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT) return false;
  if (errno == ENOTDIR)
    fail_hint(Kind::usage, "name a directory with --home or FN_HOME", "'{}' is not a directory", printable(home));
  sys::check(-1, "cannot read '{}'", printable(path));
  return false;
}

std::int64_t version_of(const db::Database& db) {
  db::Statement statement = db.query("PRAGMA user_version");
  return statement.step() ? statement.integer(0) : 0;
}

ImageRow row_of(const std::string& reference, const oci::Image& image, std::int64_t now) {
  Bytes layer_bytes = 0;
  for (const oci::Descriptor& layer : image.manifest.layers) layer_bytes += layer.size;
  return {.reference = reference,
          .descriptor = image.descriptor,
          .created = image.config.created,
          .platform = image.config.platform.str(),
          .layer_bytes = layer_bytes,
          .updated_at = now};
}

bool is_there(const std::string& path) {
  return faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool has_blobs(const std::string& home) {
  const std::string path = home + "/blobs/sha256";
  return is_there(path) && !sys::names_in(sys::open_file(path, O_RDONLY | O_DIRECTORY).get(), path).empty();
}

}  // namespace

Store Store::open(const std::string& home, Access access, std::chrono::milliseconds lock_timeout, const Note& note) {
  if (access == Access::write) return make(home, lock_timeout, note);
  auto store = open_if_exists(home, lock_timeout, note);
  if (!store)
    fail_hint(Kind::not_found, "'fnimg build' and 'fnimg import' add images; --home selects another state",
              "no images in '{}' yet", printable(home));
  return std::move(*store);
}

std::optional<Store> Store::open_if_exists(const std::string& home, std::chrono::milliseconds lock_timeout,
                                           const Note& note) {
  std::optional<db::Database> db;
  if (has_database(home)) db.emplace(database_path(home), db::Database::Access::read, application_id, lock_timeout);
  // 0: without tables, which a process that was killed early leaves, and a file cut to nothing is.
  const std::int64_t version = db ? version_of(*db) : 0;
  if (note && (version == 0 || !is_there(home + "/oci-layout")) && has_blobs(home)) {
    db.reset();
    return make(home, lock_timeout, note);
  }
  if (version == 0) return std::nullopt;
  if (version < std::int64_t(schema.size())) {
    // Upgraded by whoever comes first; a user without write access gets an error below.
    try {
      make(home, lock_timeout, note);
    } catch (const Error& error) {
      if (error.kind() != Kind::unsupported && error.kind() != Kind::failure) throw;
    }
  }
  db::migrate(*db, db::Database::Access::read, schema.data(), int(schema.size()));
  return Store(home, lock_timeout, note, oci::Layout::open(home), std::move(*db));
}

Store Store::make(const std::string& home, std::chrono::milliseconds timeout, const Note& note) {
  has_database(home);  // for what it refuses
  Lost lost{.database = false, .index = is_there(home + "/blobs/sha256") && !is_there(home + "/index.json")};
  oci::Layout layout = oci::Layout::create(home);
  const sys::FileLock lock(home + "/index.lock", sys::FileLock::Mode::exclusive, timeout);
  db::Database db(database_path(home), db::Database::Access::write, application_id, timeout);
  lost.database = version_of(db) == 0;
  db::migrate(db, db::Database::Access::write, schema.data(), int(schema.size()));
  Store store(home, timeout, note, std::move(layout), std::move(db));
  store.write_index(lock, lost);
  return store;
}

sys::FileLock Store::lock_for_blobs() const {
  return {home_ + "/blobs.lock", sys::FileLock::Mode::shared, timeout_};
}

sys::FileLock Store::lock_for_removal() const {
  return {home_ + "/blobs.lock", sys::FileLock::Mode::exclusive, timeout_};
}

sys::FileLock Store::lock_for_index() const {
  return {home_ + "/index.lock", sys::FileLock::Mode::exclusive, timeout_};
}

std::vector<ImageRow> Store::images() const {
  std::vector<ImageRow> images;
  db::Statement rows = db_.query(std::string(image_columns) + "ORDER BY reference");
  while (rows.step()) images.push_back(read_image_row(rows));
  return images;
}

std::optional<ImageRow> Store::find(const std::string& reference) const {
  db::Statement row = db_.query(std::string(image_columns) + "AND reference = ?");
  row.bind(reference);
  if (!row.step()) return std::nullopt;
  return read_image_row(row);
}

std::vector<ImageRow> Store::with_digest(const std::string& prefix) const {
  std::vector<ImageRow> images;
  for (const std::string_view columns : {image_columns, earlier_image_columns, channel_version_columns}) {
    // "g" comes after all hexadecimal digits.
    db::Statement rows = db_.query(std::string(columns) + "AND digest >= ? AND digest < ? ORDER BY 1");
    rows.bind(prefix).bind(prefix + 'g');
    while (rows.step()) images.push_back(read_image_row(rows));
  }
  return images;
}

std::vector<LayerRow> Store::layers(const std::string& reference) const {
  std::vector<LayerRow> layers;
  db::Statement rows =
      db_.query("SELECT name, digest, diff_id, size, follows FROM image_layer WHERE reference = ? ORDER BY position");
  rows.bind(reference);
  while (rows.step())
    layers.push_back({.name = rows.text(0),
                      .digest = image_digest(rows.text(1)),
                      .diff_id = image_digest(rows.text(2)),
                      .size = Bytes(rows.integer(3)),
                      .follows = rows.text(4)});
  return layers;
}

std::vector<std::string> Store::followers(const std::string& channel) const {
  std::vector<std::string> references;
  db::Statement rows = db_.query(
      "SELECT DISTINCT reference FROM image_layer WHERE follows <> '' AND (follows = ?1 OR ?1 = '') ORDER BY "
      "reference");
  rows.bind(channel);
  while (rows.step()) references.push_back(rows.text(0));
  return references;
}

std::vector<ImageRow> Store::kept_images() const {
  return with_digest("sha256:");
}

void Store::require(const oci::Descriptor& blob) const {
  const auto size = layout_.blob_size(blob.digest);
  if (!size) fail(Kind::integrity, "blob '{}' is missing", blob.digest.str());
  if (*size != blob.size)
    fail_hint(Kind::integrity, "the blob is corrupt; import or pull the image again",
              "blob '{}' has {} bytes, its descriptor says {}", blob.digest.str(), *size, blob.size);
}

void Store::require(const std::string& subject, const oci::Image& image) const {
  while_doing([&] { return subject; },
              [&] {
                require(image.descriptor);
                require(image.manifest.config);
                for (const oci::Descriptor& layer : image.manifest.layers) require(layer);
              });
  // A blob that another process made is there, but perhaps not durably yet.
  layout_.sync();
}

void Store::publish(const std::string& reference, const oci::Image& image, std::int64_t now) {
  require(fmt::format("image '{}'", reference), image);
  if (!is_published(reference, image)) {
    db::Transaction transaction(db_);
    write_rows(reference, image, now);
    transaction.commit();
  }
  repair_index();
}

void Store::replace(const std::string& reference, const oci::Digest& expected, const oci::Image& image,
                    std::int64_t now, const Update* update, std::size_t kept) {
  require(fmt::format("image '{}'", reference), image);
  {
    db::Transaction transaction(db_);
    const auto named = find(reference);
    if ((named ? named->descriptor.digest : oci::Digest()) != expected)
      fail_hint(Kind::busy, "run the command again: it starts from what the name stands for now",
                "'{}' was changed by another command meanwhile", reference);
    if (update) {
      Updates journal = updates();
      const std::int64_t id = journal.add(*update);
      if (named) journal.keep(reference, *named, now, id);
      if (update->before != expected) journal.keep(reference, resolve(update->before.str()), now, id);
    }
    write_rows(reference, image, now);
    if (update) updates().drop_earlier(reference, kept);
    transaction.commit();
  }
  repair_index();
}

ChannelVersion Store::publish_version(const std::string& channel, const std::string& version, const oci::Image& image,
                                      std::int64_t now) {
  require(fmt::format("channel '{}'", printable(channel)), image);
  return channels().add(channel, version, row_of({}, image, now), now);
}

// Its rows say so already: nothing has to wait for the disk.
bool Store::is_published(const std::string& reference, const oci::Image& image) const {
  const auto row = find(reference);
  return row && row->descriptor.digest == image.descriptor.digest &&
         row->descriptor.media_type == image.descriptor.media_type;
}

// A function that has the image by its digest goes on with it.
void Store::leave(const ImageRow& image, std::int64_t now) {
  set_unwritten(image.reference, image.descriptor.digest);
  if (updates().is_named_by_function(image.descriptor.digest)) updates().keep(image.reference, image, now, 0);
}

// In a transaction of the caller.
void Store::write_rows(const std::string& reference, const oci::Image& image, std::int64_t now) {
  if (const auto before = find(reference)) leave(*before, now);
  updates().drop_earlier(reference, image.descriptor.digest);
  set_unwritten(reference, image.descriptor.digest);
  // Not REPLACE, which deletes the row and with it all that refers to it.
  db::Statement row = db_.query(R"sql(
        INSERT INTO image (reference, media_type, digest, size, created, platform, layer_bytes, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (reference) DO UPDATE SET
          media_type = excluded.media_type, digest = excluded.digest, size = excluded.size,
          created = excluded.created, platform = excluded.platform, layer_bytes = excluded.layer_bytes,
          updated_at = excluded.updated_at)sql");
  row.bind(reference);
  bind_image(row, row_of(reference, image, now));
  row.bind(now).run();
  db_.query("DELETE FROM image_layer WHERE reference = ?").bind(reference).run();
  db::Statement insert = db_.query(R"sql(
      INSERT INTO image_layer (reference, position, name, media_type, digest, diff_id, size, follows)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql");
  const std::vector<LayerRow> layers = layer_rows(image);
  for (std::size_t n = 0; n < layers.size(); ++n)
    insert.bind(reference)
        .bind(std::int64_t(n))
        .bind(layers[n].name)
        .bind(image.manifest.layers[n].media_type)
        .bind(layers[n].digest.str())
        .bind(layers[n].diff_id.str())
        .bind(std::int64_t(layers[n].size))
        .bind(layers[n].follows)
        .run();
  run_records().forget(reference);
}

// Nobody changes the reference meanwhile: that takes the transaction which we are in. The documents are read after
// their stamp was taken, so what the record says is what the files that it names say.
void Store::remember_run(const std::string& reference, const RunRecord& record) {
  const db::Transaction transaction(db_);
  const auto row = find(reference);
  if (!row || row->descriptor.digest.str() != record.manifest || !oci::is_manifest(row->descriptor.media_type)) return;
  std::vector<std::string> documents{record.manifest, layout_.load(row->descriptor).manifest.config.digest.str()};
  const auto stamp = run_records().stamp(documents);
  layout_.load(row->descriptor);
  if (stamp) run_records().write(reference, record, documents, *stamp);
}

void Store::remove(const std::vector<std::string>& references) {
  {
    db::Transaction transaction(db_);
    for (const std::string& reference : std::set<std::string>(references.begin(), references.end())) {
      const auto image = find(reference);
      if (!image) fail_not_found(reference);
      updates().forget(reference);
      leave(*image, image->updated_at);
      db_.query("DELETE FROM image WHERE reference = ?").bind(reference).run();
      run_records().forget(reference);
    }
    transaction.commit();
  }
  repair_index();
}

void Store::forget_unused() {
  db::Transaction transaction(db_);
  updates().drop_unused();
  transaction.commit();
}

std::size_t Store::remove_leftovers() const {
  const sys::FileLock lock = lock_for_index();
  run_records().remove_leftovers();
  return layout_.remove_leftovers();
}

}  // namespace fn::state
