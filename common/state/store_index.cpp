// SPDX-License-Identifier: Apache-2.0
// state.db and index.json are brought together whenever the state is opened for writing or an image was named. What
// only one of them names is never dropped on the word of the other: it may be that one which was lost, or put back from
// an older copy, and a mark on an entry says little, since other tools copy entries. Only one thing explains a
// difference: `unwritten`, in which the transaction that changes a row says what index.json will not know until it is
// written. A killed writer leaves it so.
//
//     only state.db names it               index.json gets it
//     only index.json, as NAME:TAG         state.db gets it, if the image is whole; another tool's stays an entry
//     both, for different images           state.db keeps the name, and the other image gets NAME:TAG-DIGITS
//
// The order survives a kill at any point: rows for what is taken over, index.json, and then `unwritten` is emptied of
// what was read before. An index.json that can't be read is kept beside under another name, and what is whole in it
// counts.
#include "base/clock.hpp"
#include "base/text.hpp"
#include "oci/manifest.hpp"
#include "state/index_entries.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::state {
namespace {

using oci::Descriptor;

constexpr Bytes max_manifest = 4 * MiB;

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t enough = 5;
  std::string text;
  for (std::size_t n = 0; n < std::min(names.size(), enough); ++n)
    text += fmt::format("{}'{}'", n == 0 ? "" : ", ", printable(names[n]));
  return names.size() > enough ? fmt::format("{} and {} more", text, names.size() - enough) : text;
}

// Both halves are lost: every manifest among the blobs gets a name, or nothing would keep it and what it names.
std::vector<Descriptor> manifests_among(const oci::Layout& layout) {
  std::vector<Descriptor> found;
  for (const oci::Digest& digest : layout.blobs()) {
    const auto size = layout.blob_size(digest);
    if (!size || *size == 0 || *size > max_manifest) continue;
    Descriptor entry{.media_type = std::string(oci::media::manifest),
                     .digest = digest,
                     .size = *size,
                     .annotations = {},
                     .platform = {}};
    try {
      entry.media_type = layout.load(entry).descriptor.media_type;
    } catch (const Error& error) {
      if (error.kind() != Kind::integrity && error.kind() != Kind::not_found) throw;
      continue;
    }
    entry.annotations[std::string(oci::annotation::ref_name)] = "recovered:" + digest.hex().substr(0, 12);
    found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace

void Store::repair_index() {
  write_index(lock_for_index(), Lost{});
}

// Other writers of a layout, such as an export, know nothing of index.lock but lock the layout.
void Store::write_index(const sys::FileLock&, Lost lost) {
  const sys::FileLock against_exports = layout_.lock(timeout_);
  Halves halves = read_halves();
  read_index_for(halves, lost);
  Differences differences = compare(halves, lost.database);
  if (take_over(differences, lost)) {
    Halves now = read_halves();
    now.entries = std::move(halves.entries);
    halves = std::move(now);
    differences = compare(halves, lost.database);
  }
  if (!lost.index) note_mended(differences);
  std::vector<Descriptor> entries = own_entries(halves.rows);
  for (const auto* more : {&differences.foreign, &differences.unknown})
    entries.insert(entries.end(), more->begin(), more->end());
  for (Descriptor& rival : differences.rivals) {
    if (!layout_.blob_size(rival.digest)) continue;  // there is nothing that could be lost
    rival.annotations[std::string(oci::annotation::ref_name)] = rival_name(rival);
    rival.annotations.erase(std::string(oci::annotation::managed));
    entries.push_back(std::move(rival));
  }
  layout_.write_index(entries);
  if (!halves.unwritten.empty()) forget_unwritten(halves.last_unwritten);
}

// Without the entries of index.json.
Halves Store::read_halves() const {
  const db::Snapshot moment(db_);
  Halves halves{.rows = images(), .unwritten = {}, .last_unwritten = 0, .entries = {}};
  db::Statement rows = db_.query("SELECT id, reference, digest FROM unwritten ORDER BY id");
  while (rows.step()) {
    halves.last_unwritten = rows.integer(0);
    if (oci::Digest::is_valid(rows.text(2))) halves.unwritten.emplace(rows.text(1), oci::Digest::parse(rows.text(2)));
  }
  return halves;
}

// Finds out whether index.json is lost too.
void Store::read_index_for(Halves& halves, Lost& lost) const {
  try {
    halves.entries = layout_.read_index();
    if (lost.index && !lost.database) note("index.json was missing and is made again from state.db");
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
    lost.index = true;
    halves.entries = layout_.salvage_index();
    note(fmt::format("index.json was damaged and is made again; the damaged file is kept as '{}'",
                     layout_.keep_damaged_index()));
  }
  if (!lost.database || !lost.index) return;
  for (Descriptor& found : manifests_among(layout_)) {
    const bool known = std::any_of(halves.entries.begin(), halves.entries.end(),
                                   [&](const Descriptor& entry) { return entry.digest == found.digest; });
    if (!known) halves.entries.push_back(std::move(found));
  }
}

// What only index.json names gets its rows. True if anything did.
bool Store::take_over(const Differences& differences, const Lost& lost) {
  std::vector<std::string> names;
  for (const Descriptor& entry : differences.unknown) {
    const std::string name = entry.annotation(oci::annotation::ref_name);
    if (adopt(entry, name)) names.push_back(name);
  }
  if (!names.empty() && lost.database) {
    note(fmt::format("state.db was missing and is made again from {}, without functions and channels: {}",
                     lost.index ? "the blobs" : "index.json", listed(names)));
  } else if (!names.empty()) {
    note(fmt::format("took over what only index.json named: {}", listed(names)));
  }
  for (const Descriptor& rival : differences.rivals) {
    const std::string name = rival_name(rival);
    if (adopt(rival, name)) names.push_back(name);
    note(fmt::format("index.json and state.db named different images '{}': index.json's {} {}",
                     printable(rival.annotation(oci::annotation::ref_name)), rival.digest.brief(),
                     layout_.blob_size(rival.digest) ? fmt::format("is kept as '{}'", name) : "does not exist"));
  }
  return !names.empty();
}

// False if it is not whole: then it stays an entry, which keeps what there is of it.
bool Store::adopt(const Descriptor& entry, const std::string& reference) {
  try {
    oci::Image image = layout_.load(entry);
    image.descriptor = entry;
    for (const Descriptor& layer : image.manifest.layers) require(layer);
    layout_.sync();
    db::Transaction transaction(db_);
    write_rows(reference, image, SystemClock().now());
    transaction.commit();
    return true;
  } catch (const Error& error) {
    if (error.kind() == Kind::integrity || error.kind() == Kind::not_found) return false;
    throw;
  }
}

void Store::note_mended(const Differences& differences) const {
  if (!differences.absent.empty())
    note(fmt::format("index.json did not name {}, which state.db has: added again", listed(differences.absent)));
  if (!differences.altered.empty())
    note(fmt::format("index.json was changed by another program in what it says of {}: written again",
                     listed(differences.altered)));
}

void Store::note(const std::string& text) const {
  if (note_) note_(text);
}

// In the transaction that changes the row.
void Store::set_unwritten(const std::string& reference, const oci::Digest& digest) {
  db_.query("INSERT OR REPLACE INTO unwritten (reference, digest) VALUES (?, ?)")
      .bind(reference)
      .bind(digest.str())
      .run();
}

void Store::forget_unwritten(std::int64_t last) {
  db::Transaction transaction(db_, db::Transaction::Durable::later);
  db_.query("DELETE FROM unwritten WHERE id <= ?").bind(last).run();
  transaction.commit();
}

}  // namespace fn::state
