// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "db/sqlite.hpp"
#include "state/image_row.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::state {

// channel:NAME[@VERSION] names a version, of all verbs that read images. Without VERSION: what followers get.
inline constexpr std::string_view channel_scheme = "channel:";

// What a channel published once: an ordinary image, of one layer or of a run of them. Rows of the table
// `channel_version`.
struct ChannelVersion {
  std::int64_t number = 0;  // in the order of publishing, from 1; 0 before that
  std::string version;      // unique in its channel
  ImageRow image;           // reference: channel:NAME@VERSION; updated_at: when it was published
};

// Rows of the table `channel`.
struct Channel {
  std::string name;
  std::string pinned;    // the version that followers get; "": the newest
  bool is_held = false;  // followers get none

  friend bool operator==(const Channel&, const Channel&) = default;
};

// Throws usage, with an example, unless the name is [a-z0-9][a-z0-9._-]{0,63}.
void check_channel_name(std::string_view name);
// The same for [A-Za-z0-9][A-Za-z0-9._+~-]{0,127}, which has room for what packages call their versions.
void check_channel_version(std::string_view version);
// NAME and VERSION of NAME[@VERSION]; VERSION is "" if it isn't given. Throws usage for an invalid one.
std::pair<std::string, std::string> split_channel(std::string_view text);

// The channels of a state. Made by Store::channels(), which it must not outlive. Names and versions that don't exist
// are not_found, with did-you-mean.
class Channels {
 public:
  explicit Channels(const db::Database& db) : db_(&db) {}

  std::vector<Channel> list() const;  // sorted by name
  std::optional<Channel> find(const std::string& name) const;
  Channel get(const std::string& name) const;

  std::vector<ChannelVersion> versions(const std::string& name) const;  // in the order of publishing
  ChannelVersion version(const std::string& name, const std::string& version) const;
  // What followers get: the pinned version, else the newest. Throws not_found for a channel without versions.
  ChannelVersion current(const std::string& name) const;
  // `text` is NAME[@VERSION].
  ChannelVersion resolve(std::string_view text) const;

  // Creates the channel if there is none. `version` "": the number that it gets. The same image as that version already
  // has changes nothing and returns it; without a version, the same as the newest. Throws usage if the version is
  // another image. The image's blobs must exist: Store::publish_version().
  ChannelVersion add(const std::string& name, const std::string& version, const ImageRow& image, UnixTime now);
  // Changes pinned and is_held.
  void set(const Channel& channel);
  void remove(const std::string& name);
  void remove_version(const std::string& name, const std::string& version);

 private:
  const db::Database* db_;
};

}  // namespace fn::state
