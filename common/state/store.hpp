// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"
#include "oci/layout.hpp"
#include "oci/reference.hpp"
#include "state/functions.hpp"
#include "state/index.hpp"
#include "state/run_records.hpp"
#include "sys/lock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fn::state {

// A reference in our state and the image that it names. Rows of the table `image`.
struct ImageRow {
  std::string reference;        // NAME:TAG
  oci::Descriptor descriptor;   // of the manifest or index
  std::string created;          // from the image's config; may be empty
  std::string platform;         // "linux/amd64"
  Bytes layer_bytes = 0;        // sum of the layers' blobs
  std::int64_t updated_at = 0;  // UnixTime of the last change of this row
};

// A layer of an image. Rows of the table `image_layer`.
struct LayerRow {
  std::string name;  // "" if it has none
  oci::Digest digest;
  oci::Digest diff_id;
  Bytes size = 0;
  std::string follows;  // channel; "" for none
};

// A finding of fsck.
struct Finding {
  std::string subject;
  std::string problem;
};

// The image part of the suite's state: state.db and the OCI layout beside it, which any OCI tool reads in place.
// state.db is the truth; index.json is written from it after every change, under one lock. Entries that another tool
// wrote there are kept, unless a reference of ours has their name, and what they name stays reachable.
class Store {
 public:
  enum class Access { read, write };

  // `home` is FN_HOME. read: throws not_found with a hint if there is no state yet. write: creates it, and rewrites
  // index.json if a killed process left it outdated.
  static Store open(const std::string& home, Access access, std::chrono::milliseconds lock_timeout);
  // Returns nothing instead of throwing not_found: for verbs for which an empty store is normal.
  static std::optional<Store> open_if_exists(const std::string& home, std::chrono::milliseconds lock_timeout);

  const oci::Layout& layout() const { return layout_; }
  // The index of layers and files. Writing to it needs Access::write.
  Index index() { return Index(db_); }
  // The functions. Writing to them needs Access::write.
  Functions functions() { return Functions(db_); }

  // Held while blobs are being written, until publish() has named them: gc waits for all of these locks.
  sys::FileLock lock_for_blobs() const;
  // Held while blobs are removed.
  sys::FileLock lock_for_removal() const;

  std::vector<ImageRow> images() const;  // sorted by reference
  std::optional<ImageRow> find(const std::string& reference) const;
  std::vector<LayerRow> layers(const std::string& reference) const;

  // The row that a REF names: NAME:TAG, NAME@sha256:.., a digest or its first 6 or more digits if they are unambiguous.
  // Of several references with one digest the first is chosen. Throws not_found with did-you-mean, usage if a digest's
  // beginning is ambiguous.
  ImageRow resolve(std::string_view text) const;
  // resolve() and load().
  oci::Image load(std::string_view text) const;

  // Names an image whose blobs all exist (otherwise throws integrity): one transaction, then index.json. `now` is
  // stored in updated_at. image.descriptor may be an index that contains image.manifest.
  void publish(const std::string& reference, const oci::Image& image, std::int64_t now);
  // Keeps what a run needs to know of an image, if `reference` still names it (record.manifest) and it has no index
  // around it. Needs Access::write. Throws failure, busy.
  void remember_run(const std::string& reference, const RunRecord& record);
  // Removes references; those that don't exist throw not_found before anything is removed.
  void remove(const std::vector<std::string>& references);

  // Every blob that an image needs, sorted: manifests, configs, layers, all entries of indexes. Throws integrity if a
  // document of an image of ours can't be read.
  std::vector<oci::Digest> reachable() const;
  // Checks rows, index.json, the blobs' presence, sizes and documents; with `read_data` every blob's digest too.
  // Checking diffIDs is up to the caller (which knows how to decompress).
  std::vector<Finding> check(bool read_data) const;
  // Writes index.json from the rows if it differs (after a kill between the two).
  void repair_index() const;
  // Removes what killed writers left, in the home too. The caller must hold lock_for_removal().
  std::size_t remove_leftovers() const;

 private:
  Store(std::string home, std::chrono::milliseconds timeout, oci::Layout layout, db::Database db)
      : home_(std::move(home)), timeout_(timeout), layout_(std::move(layout)), db_(std::move(db)) {}
  static Store make(const std::string& home, std::chrono::milliseconds timeout);
  RunRecords run_records() const { return RunRecords(home_); }
  sys::FileLock lock_for_index() const;
  void write_index(const sys::FileLock& index_lock) const;
  bool is_published(const std::string& reference, const oci::Image& image) const;
  void write_rows(const std::string& reference, const oci::Image& image, std::int64_t now);
  void require(const oci::Descriptor& blob) const;
  std::vector<ImageRow> with_digest(const std::string& prefix) const;
  [[noreturn]] void fail_not_found(std::string_view text) const;

  std::string home_;
  std::chrono::milliseconds timeout_;
  oci::Layout layout_;
  db::Database db_;
};

}  // namespace fn::state
