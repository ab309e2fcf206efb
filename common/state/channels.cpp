// SPDX-License-Identifier: Apache-2.0
#include "state/channels.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::state {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool consists_of(std::string_view text, const std::string& letters, std::string_view more, std::size_t longest) {
  return !text.empty() && text.size() <= longest && letters.find(text.front()) != std::string::npos &&
         text.find_first_not_of(letters + std::string(more)) == text.npos;
}

ChannelVersion read_version(const db::Statement& row) {
  return {.number = row.integer(8), .version = row.text(9), .image = read_image_row(row)};
}

Channel read_channel(const db::Statement& row) {
  return {.name = row.text(0), .pinned = row.text(1), .is_held = row.integer(2) != 0};
}

}  // namespace

void check_channel_name(std::string_view name) {
  if (consists_of(name, std::string(lower) + std::string(digits), "._-", 64)) return;
  fail_hint(Kind::usage,
            "use up to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit, such as 'python3'",
            "'{}' is not a valid channel name", printable(name));
}

void check_channel_version(std::string_view version) {
  if (consists_of(version, std::string(lower) + std::string(upper) + std::string(digits), "._+~-", 128)) return;
  fail_hint(Kind::usage, "use letters, digits and '._+~-', starting with a letter or digit, such as '3.11.2-6'",
            "'{}' is not a valid version", printable(version));
}

std::pair<std::string, std::string> split_channel(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view name = text.substr(0, at);
  check_channel_name(name);
  if (at == text.npos) return {std::string(name), {}};
  check_channel_version(text.substr(at + 1));
  return {std::string(name), std::string(text.substr(at + 1))};
}

std::vector<Channel> Channels::list() const {
  std::vector<Channel> channels;
  db::Statement rows = db_->query("SELECT name, pinned, held FROM channel ORDER BY name");
  while (rows.step()) channels.push_back(read_channel(rows));
  return channels;
}

std::optional<Channel> Channels::find(const std::string& name) const {
  db::Statement row = db_->query("SELECT name, pinned, held FROM channel WHERE name = ?");
  row.bind(name);
  if (!row.step()) return std::nullopt;
  return read_channel(row);
}

Channel Channels::get(const std::string& name) const {
  if (auto channel = find(name)) return std::move(*channel);
  check_channel_name(name);
  std::vector<std::string> names;
  for (const Channel& channel : list()) names.push_back(channel.name);
  fail_hint(Kind::not_found, did_you_mean(name, names, "'fnimg channel publish' makes a channel"),
            "channel '{}' not found", name);
}

std::vector<ChannelVersion> Channels::versions(const std::string& name) const {
  std::vector<ChannelVersion> versions;
  db::Statement rows = db_->query(std::string(channel_version_columns) + "AND channel = ? ORDER BY number");
  rows.bind(name);
  while (rows.step()) versions.push_back(read_version(rows));
  return versions;
}

ChannelVersion Channels::version(const std::string& name, const std::string& version) const {
  db::Statement row = db_->query(std::string(channel_version_columns) + "AND channel = ? AND version = ?");
  row.bind(name).bind(version);
  if (row.step()) return read_version(row);
  get(name);
  std::vector<std::string> known;
  for (const ChannelVersion& each : versions(name)) known.push_back(each.version);
  fail_hint(Kind::not_found, did_you_mean(version, known, fmt::format("see 'fnimg channel show {}'", name)),
            "channel '{}' has no version '{}'", name, printable(version));
}

ChannelVersion Channels::current(const std::string& name) const {
  const Channel channel = get(name);
  if (!channel.pinned.empty()) return version(name, channel.pinned);
  db::Statement row = db_->query(std::string(channel_version_columns) + "AND channel = ? ORDER BY number DESC LIMIT 1");
  row.bind(name);
  if (row.step()) return read_version(row);
  fail_hint(Kind::not_found, fmt::format("'fnimg channel publish {} SOURCE' adds one", name),
            "channel '{}' has no versions", name);
}

ChannelVersion Channels::resolve(std::string_view text) const {
  const auto [name, wanted] = split_channel(text);
  return wanted.empty() ? current(name) : version(name, wanted);
}

ChannelVersion Channels::add(const std::string& name, const std::string& version, const ImageRow& image, UnixTime now) {
  check_channel_name(name);
  if (!version.empty()) check_channel_version(version);
  db::Transaction transaction(*db_);
  db_->query("INSERT OR IGNORE INTO channel (name, published, pinned, held) VALUES (?, 0, '', 0)").bind(name).run();
  const std::vector<ChannelVersion> before = versions(name);
  if (version.empty() && !before.empty() && before.back().image.descriptor.digest == image.descriptor.digest)
    return before.back();
  for (const ChannelVersion& known : before) {
    if (known.version != version) continue;
    if (known.image.descriptor.digest == image.descriptor.digest) return known;
    fail_hint(Kind::usage, "give what changed a version of its own", "channel '{}' has another image as version '{}'",
              name, version);
  }
  db::Statement counter = db_->query("SELECT published FROM channel WHERE name = ?");
  counter.bind(name).step();
  std::int64_t number = counter.integer(0) + 1;
  // Somebody may have given a number as a version.
  const auto is_taken = [&](const std::string& text) {
    return std::any_of(before.begin(), before.end(),
                       [&](const ChannelVersion& known) { return known.version == text; });
  };
  while (version.empty() && is_taken(std::to_string(number))) ++number;
  const std::string given = version.empty() ? std::to_string(number) : version;
  db_->query("UPDATE channel SET published = ? WHERE name = ?").bind(number).bind(name).run();
  db::Statement insert = db_->query(R"sql(
      INSERT INTO channel_version (channel, number, version, media_type, digest, size, created, platform, layer_bytes,
                                   published_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql");
  insert.bind(name).bind(number).bind(given);
  bind_image(insert, image);
  insert.bind(now).run();
  transaction.commit();
  return this->version(name, given);
}

void Channels::set(const Channel& channel) {
  db::Transaction transaction(*db_);
  get(channel.name);
  if (!channel.pinned.empty()) version(channel.name, channel.pinned);
  db_->query("UPDATE channel SET pinned = ?, held = ? WHERE name = ?")
      .bind(channel.pinned)
      .bind(std::int64_t{channel.is_held})
      .bind(channel.name)
      .run();
  transaction.commit();
}

void Channels::remove(const std::string& name) {
  db::Transaction transaction(*db_);
  db_->query("DELETE FROM channel WHERE name = ?").bind(get(name).name).run();
  transaction.commit();
}

void Channels::remove_version(const std::string& name, const std::string& version) {
  db::Transaction transaction(*db_);
  const Channel channel = get(name);
  const ChannelVersion gone = this->version(name, version);
  if (channel.pinned == version)
    fail_hint(Kind::usage, fmt::format("'fnimg channel pin {} --off' first", name), "channel '{}' is pinned to '{}'",
              name, version);
  db_->query("DELETE FROM channel_version WHERE channel = ? AND number = ?").bind(name).bind(gone.number).run();
  transaction.commit();
}

}  // namespace fn::state
