// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"
#include "oci/layout.hpp"
#include "oci/reference.hpp"
#include "state/channels.hpp"
#include "state/functions.hpp"
#include "state/image_row.hpp"
#include "state/index.hpp"
#include "state/proofs.hpp"
#include "state/run_records.hpp"
#include "state/updates.hpp"
#include "sys/lock.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fn::state {

struct Halves;       // state/index_entries.hpp
struct Differences;  // the same
struct Lost;         // the same

// A finding of fsck.
struct Finding {
  std::string subject;
  std::string problem;
};

// The image part of the suite's state: state.db and the OCI layout beside it, which any OCI tool reads in place. The
// two are halves that each name images, and no image goes that one of them names: index.json is written from state.db
// after every change, under one lock, but first what only index.json names is taken over into state.db, unless we know
// that it was ours and is outdated. Entries that another tool wrote there are kept. What any entry names is reachable.
class Store {
 public:
  enum class Access { read, write };
  // Is told, a sentence each, what was taken over from one half into the other. Nobody is told without one.
  using Note = std::function<void(const std::string&)>;

  // `home` is FN_HOME. read: throws not_found with a hint if there is no state yet. write: creates it, and brings
  // state.db and index.json together.
  static Store open(const std::string& home, Access access, std::chrono::milliseconds lock_timeout,
                    const Note& note = {});
  // Returns nothing instead of throwing not_found: for verbs for which an empty store is normal. If state.db is lost
  // and there are blobs, it is made again from index.json, given somebody to be told so.
  static std::optional<Store> open_if_exists(const std::string& home, std::chrono::milliseconds lock_timeout,
                                             const Note& note = {});

  const oci::Layout& layout() const { return layout_; }
  // The index of layers and files. Writing to it needs Access::write.
  Index index() { return Index(db_); }
  // Which blobs are known to have their digest. Remembering them needs Access::write.
  Proofs proofs() { return {db_, layout_}; }
  // The functions. Writing to them needs Access::write.
  Functions functions() { return Functions(db_); }
  // The channels. Writing to them needs Access::write.
  Channels channels() const { return Channels(db_); }
  // The journal of updates.
  Updates updates() const { return Updates(db_); }

  // Held while blobs are being written, until publish() has named them: gc waits for all of these locks.
  sys::FileLock lock_for_blobs() const;
  // Held while blobs are removed.
  sys::FileLock lock_for_removal() const;

  std::vector<ImageRow> images() const;  // sorted by reference
  std::optional<ImageRow> find(const std::string& reference) const;
  std::vector<LayerRow> layers(const std::string& reference) const;
  // The references of images with a layer that follows the channel; "": that follows any. Sorted.
  std::vector<std::string> followers(const std::string& channel) const;
  // All images that the state keeps: those with a reference, what references named before updates, and the versions of
  // channels.
  std::vector<ImageRow> kept_images() const;

  // The row that a REF names: NAME:TAG, channel:NAME[@VERSION], NAME@sha256:.., a digest or its first 6 or more digits
  // if they are unambiguous. Digests are those of kept_images(); of several rows with one digest the first is chosen.
  // Throws not_found with did-you-mean, usage if a digest's beginning is ambiguous.
  ImageRow resolve(std::string_view text) const;
  // resolve() and load().
  oci::Image load(std::string_view text) const;

  // Names an image whose blobs all exist (otherwise throws integrity): one transaction, then index.json. `now` is
  // stored in updated_at. image.descriptor may be an index that contains image.manifest.
  void publish(const std::string& reference, const oci::Image& image, std::int64_t now);
  // The same for a reference that still names `expected` (empty: nothing), else throws busy. With `update`, whose
  // `before` is among kept_images(), the journal has it in the same transaction, and what the reference and `before`
  // named stays: the last `kept` of them.
  void replace(const std::string& reference, const oci::Digest& expected, const oci::Image& image, std::int64_t now,
               const Update* update = nullptr, std::size_t kept = images_kept);
  // Channels::add() for an image whose blobs all exist (otherwise throws integrity).
  ChannelVersion publish_version(const std::string& channel, const std::string& version, const oci::Image& image,
                                 std::int64_t now);
  // Keeps a record if `reference` still names that manifest, with no index around it. Needs Access::write.
  void remember_run(const std::string& reference, const RunRecord& record);
  // Removes references; those that don't exist throw not_found before anything is removed.
  void remove(const std::vector<std::string>& references);

  // Every blob that an image needs, sorted: manifests, configs, layers, all entries of indexes; of what index.json
  // names beside, all that its documents mention. Throws integrity if a document of an image of ours can't be read.
  std::vector<oci::Digest> reachable() const;
  // Checks rows and index.json, each with the other, the blobs' presence, sizes and documents; with `read_data` every
  // blob's digest too. Changes nothing. What a writer was killed before writing to index.json is not a finding.
  // Checking diffIDs is up to the caller (which knows how to decompress).
  std::vector<Finding> check(bool read_data) const;
  // Brings state.db and index.json together. Differences that no killed writer explains are noted.
  void repair_index();
  // Images without a name that were kept for functions which are gone. The caller must hold lock_for_removal().
  void forget_unused();
  // Removes what killed writers left, in the home too. The caller must hold lock_for_removal().
  std::size_t remove_leftovers() const;

 private:
  Store(std::string home, std::chrono::milliseconds timeout, Note note, oci::Layout layout, db::Database db)
      : home_(std::move(home)),
        timeout_(timeout),
        note_(std::move(note)),
        layout_(std::move(layout)),
        db_(std::move(db)) {}
  static Store make(const std::string& home, std::chrono::milliseconds timeout, const Note& note);
  RunRecords run_records() const { return RunRecords(home_); }
  sys::FileLock lock_for_index() const;
  void write_index(const sys::FileLock& index_lock, Lost lost);
  Halves read_halves() const;
  void read_index_for(Halves& halves, Lost& lost) const;
  bool take_over(const Differences& differences, const Lost& lost);
  bool adopt(const oci::Descriptor& entry, const std::string& reference);
  void note_mended(const Differences& differences) const;
  void note(const std::string& text) const;
  void set_unwritten(const std::string& reference, const oci::Digest& digest);
  void forget_unwritten(std::int64_t last);
  bool is_published(const std::string& reference, const oci::Image& image) const;
  void write_rows(const std::string& reference, const oci::Image& image, std::int64_t now);
  void leave(const ImageRow& image, std::int64_t now);
  void require(const oci::Descriptor& blob) const;
  void require(const std::string& subject, const oci::Image& image) const;
  std::vector<ImageRow> with_digest(const std::string& prefix) const;
  [[noreturn]] void fail_not_found(std::string_view text) const;

  std::string home_;
  std::chrono::milliseconds timeout_;
  Note note_;
  oci::Layout layout_;
  db::Database db_;
};

}  // namespace fn::state
