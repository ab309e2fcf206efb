// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "db/sqlite.hpp"
#include "oci/digest.hpp"
#include "state/image_row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::state {

// How many images stay that a reference named before its updates.
inline constexpr std::size_t images_kept = 5;

// One of an image's layers, or a run of them, that an update replaced. Rows of the table `updated_layer`.
struct UpdatedLayer {
  std::string layer;             // its name, or the number of the first of them
  std::string channel;           // "": it came from elsewhere
  std::int64_t from_number = 0;  // of the channel's versions; 0: another, or unknown
  std::int64_t to_number = 0;
  std::string from_version;
  std::string to_version;
};

// One change of what a reference names. Rows of the table `image_update`: the journal.
struct Update {
  enum class Kind { update, rollback };
  std::int64_t id = 0;  // given by the journal
  std::string reference;
  Kind kind = Kind::update;
  oci::Digest before;
  oci::Digest after;
  std::vector<UpdatedLayer> layers;
  UnixTime changed_at = 0;
};

// "update", "rollback".
std::string_view update_kind_name(Update::Kind kind);

// The journal of updates and the images that references named before. Made by Store::updates(), which it must not
// outlive. Written by Store::replace().
class Updates {
 public:
  explicit Updates(const db::Database& db) : db_(&db) {}

  std::vector<Update> of(const std::string& reference) const;  // oldest first
  // The last one that made the reference name `after`; nothing if none did.
  std::optional<Update> last_to(const std::string& reference, const oci::Digest& after) const;
  // The highest number of the channel's versions that an update gave the reference; 0 if none did.
  std::int64_t highest(const std::string& reference, const std::string& channel) const;
  // The number of the version that the reference was last taken back from; 0 if an update came after that.
  std::int64_t rolled_back_from(const std::string& reference, const std::string& channel) const;

  // Images that stay although their reference names another one now: NAME:TAG@DIGEST, the last that left first.
  std::vector<ImageRow> earlier(const std::string& reference) const;

 private:
  friend class Store;
  // These are parts of a transaction of the caller. add() returns the id.
  std::int64_t add(const Update& update);
  // `image` left its reference, by an update or because a function has its digest (0).
  void keep(const std::string& reference, const ImageRow& image, UnixTime now, std::int64_t left_by);
  // Those that updates left, beyond the last `kept` of them.
  void drop_earlier(const std::string& reference, std::size_t kept);
  // The reference names it again.
  void drop_earlier(const std::string& reference, const oci::Digest& digest);
  // Those that only functions asked for, and none does any more.
  void drop_unused();
  // The reference was removed, and its journal goes.
  void forget(const std::string& reference);
  bool is_named_by_function(const oci::Digest& digest) const;
  std::vector<Update> read(db::Statement& rows) const;

  const db::Database* db_;
};

}  // namespace fn::state
