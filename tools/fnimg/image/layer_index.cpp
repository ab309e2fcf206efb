// SPDX-License-Identifier: Apache-2.0
// Where layers meet the index. `layer` knows no database and `state` knows no tar, so what one says is put into the
// other's terms here.
//
// While a build runs, the writer's threads ask IndexedSegments what earlier layers have of the segment at hand, one at
// a time. Afterwards index_written() keeps the segments of the new layer, and what package databases, programs and
// libraries in it say. Items come in the order of the tar, as their segments do, so one pass tells which items a
// segment has. Files of segments that are known are not read again, unless an older state knows too little of them.
//
// A layer that someone else made is read whole by read_segments(), which proves it on the way. Its rows are those that
// a build would have written for the same files, cut in the same places: two layers with the same files share them,
// whoever made them. Its bytes can't be copied, so where they are is not kept.
#include "image/layer_index.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/layer_facts.hpp"
#include "image/layer_reader.hpp"
#include "layer/read_contents.hpp"
#include "layer/segment_keys.hpp"
#include "package/cache.hpp"
#include "package/database.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sys/stat.h>

namespace fn::img {
namespace {

constexpr Bytes max_database = 256 * MiB;  // of a package manager; what is larger is passed over

std::string bytes_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

layer::StoredSegment stored(state::SegmentPlace place) {
  layer::StoredSegment segment{.blob = place.blob,
                               .blob_size = place.blob_size,
                               .offset = place.offset,
                               .size = place.size,
                               .checksum = {},
                               .tar_state = std::move(place.tar_state),
                               .blob_state = std::move(place.blob_state)};
  std::copy_n(place.checksum.begin(), std::min(place.checksum.size(), segment.checksum.size()),
              segment.checksum.begin());
  return segment;
}

std::optional<state::SourceDirectory> directory_at(const std::string& path) {
  struct stat status {};
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), std::free);
  if (!real || stat(real.get(), &status) != 0) return std::nullopt;
  return state::SourceDirectory{.device = status.st_dev, .inode = status.st_ino, .path = real.get()};
}

// The segments of a tar that someone else made: the rows that ours would have, without their bytes. `lists` are by
// item.
std::vector<state::IndexedSegment> segments_of(const std::vector<layer::Item>& items,
                                               const std::map<std::size_t, state::PackageList>& lists,
                                               const LayerFacts& facts) {
  const layer::TarSegments tar(items);
  const layer::ItemContents contents(items);
  std::vector<state::IndexedSegment> segments(tar.plan().segments());
  for (std::size_t n = 0; n < segments.size(); ++n) {
    segments[n].files = layer::segment_rows(tar, n, contents).value();
    segments[n].key = bytes_of(Sha256::of(segments[n].files));
  }
  for (const auto& [item, list] : lists) segments[tar.segment_of(item)].package_lists.push_back(list);
  facts.put_into(segments, tar);
  return segments;
}

// Facts of a layer that an earlier state knew without them.
void add_facts(state::Index& index, const oci::Digest& blob, std::span<const layer::Item> items) {
  const auto layer = index.find(blob);
  if (!layer || index.knows_facts(*layer, facts_form)) return;
  const std::vector<std::string> rows = index.files(*layer);
  const layer::TarSegments tar(items);
  if (tar.plan().segments() != rows.size()) return;
  std::vector<state::IndexedSegment> segments(rows.size());
  std::size_t next = 0;  // the first item behind the segments so far
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const std::size_t first = next;
    while (next < items.size() && tar.segment_of(next) == n) ++next;
    segments[n].key = bytes_of(Sha256::of(rows[n]));
    if (!index.knows_facts(segments[n].key, facts_form))
      segments[n].facts = read_facts(items.subspan(first, next - first));
  }
  index.put_facts(segments);
}

}  // namespace

std::vector<layer::File> files_in(const std::vector<std::string>& rows) {
  std::vector<layer::File> files;
  for (const std::string& packed : rows) {
    layer::RowReader reader(packed);
    while (std::optional<layer::File> file = reader.next()) files.push_back(std::move(*file));
  }
  return files;
}

// What was read goes at once: a layer may have hundreds of thousands of files.
void apply_rows(std::vector<std::string> rows, layer::Tree& tree, std::deque<layer::Content>* contents) {
  tree.begin_layer(layer::whiteouts_in(rows));
  for (std::string& packed : rows) {
    layer::RowReader reader(packed);
    while (std::optional<layer::File> file = reader.next()) {
      const bool keeps_content = contents && file->entry.size > 0;
      const layer::Content* content = keeps_content ? &contents->emplace_back(std::move(file->content)) : nullptr;
      tree.add(std::move(file->entry), content);
    }
    packed = {};
  }
  tree.end_layer();
}

bool is_package_database(const layer::Entry& entry) {
  return entry.type == layer::Type::file && entry.size > 0 && entry.size <= max_database &&
         package::is_database(entry.path);
}

std::optional<state::PackageList> read_package_list(const std::string& path, std::string_view bytes,
                                                    const std::function<void(const std::string&)>& note) {
  try {
    return state::PackageList{.path = path, .packages = package::encode(package::read_database(path, bytes))};
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
    note(fmt::format("cannot read package database '{}': {}", printable(path), error.what()));
    return std::nullopt;
  }
}

std::vector<layer::StoredSegment> IndexedSegments::longest_prefix(std::span<const Sha256::Value> prefixes) const {
  std::vector<std::string> keys;
  for (const Sha256::Value& prefix : prefixes) keys.push_back(bytes_of(prefix));
  std::vector<layer::StoredSegment> segments;
  const std::lock_guard lock(mutex_);
  for (state::SegmentPlace& place : index_.longest_prefix(keys)) segments.push_back(stored(std::move(place)));
  return segments;
}

std::optional<layer::StoredLayer> IndexedSegments::find_layer(const Sha256::Value& prefix) const {
  const std::lock_guard lock(mutex_);
  const auto layer = index_.layer_ending_with(bytes_of(prefix));
  if (!layer || !holds_(*layer)) return std::nullopt;
  return layer::StoredLayer{.blob = layer->digest, .size = layer->size, .diff_id = layer->diff_id};
}

std::optional<layer::StoredSegment> IndexedSegments::find_segment(const Sha256::Value& coded_key) const {
  const std::lock_guard lock(mutex_);
  auto place = index_.segment_coded(bytes_of(coded_key));
  if (!place) return std::nullopt;
  return stored(std::move(*place));
}

std::shared_ptr<layer::StatCache> SourceCaches::open(const std::string& path) {
  auto directory = directory_at(path);
  if (!directory) return nullptr;
  const auto [source, is_new] = sources_.try_emplace({directory->device, directory->inode});
  if (is_new) {
    source->second.cache = std::make_shared<layer::StatCache>(index_.source(*directory));
    source->second.directory = std::move(*directory);
  }
  return source->second.cache;
}

void SourceCaches::save() {
  for (const auto& [place, source] : sources_)
    if (source.cache->is_changed()) index_.put_source(source.directory, source.cache->pack());
}

void forget_lost_sources(state::Index& index) {
  for (const state::SourceDirectory& known : index.sources()) {
    const auto found = directory_at(known.path);
    if (!found || found->device != known.device || found->inode != known.inode) index.remove_source(known);
  }
}

void index_written(state::Index& index, const layer::WrittenLayer& written, std::span<const layer::Item> items) {
  if (written.is_reused) return add_facts(index, written.descriptor.digest, items);
  std::vector<state::IndexedSegment> segments;
  std::size_t next = 0;  // the first item behind the segments so far
  for (const layer::WrittenSegment& one : written.segments) {
    state::IndexedSegment segment{.key = bytes_of(one.rows_key),
                                  .files = one.rows,
                                  .coded = bytes_of(one.coded_key),
                                  .prefix = bytes_of(one.prefix_key),
                                  .size = one.size,
                                  .checksum = bytes_of(one.checksum),
                                  .tar_state = one.tar_state,
                                  .blob_state = one.blob_state,
                                  .package_lists = {}};
    if (!index.knows_facts(segment.key, facts_form)) segment.facts = read_facts(items.subspan(next, one.items));
    const bool is_known = index.knows_segment(segment.key);
    for (std::size_t end = next + one.items; next < end; ++next)
      if (!is_known && is_package_database(items[next].entry))
        if (auto list =
                read_package_list(items[next].entry.path, layer::read_content(items[next]), [](const std::string&) {}))
          segment.package_lists.push_back(std::move(*list));
    segments.push_back(std::move(segment));
  }
  index.put({.id = 0,
             .digest = written.descriptor.digest,
             .size = written.descriptor.size,
             .diff_id = written.diff_id,
             .is_made = true},
            segments);
}

std::vector<state::IndexedSegment> read_segments(const oci::Layout& layout, const oci::Descriptor& descriptor,
                                                 const oci::Digest& diff_id, const Limits& limits,
                                                 const std::function<void(const std::string&)>& note) {
  std::vector<layer::Item> items;
  std::map<std::size_t, state::PackageList> lists;
  LayerFacts facts;
  std::vector<std::byte> buffer(256 * KiB);
  const auto visit = [&](const layer::Entry& entry, layer::TarReader& reader) {
    layer::Item item;
    item.entry = entry;
    std::string database;
    if (entry.type == layer::Type::file && entry.size > 0) {
      layer::ContentHasher hasher;
      FactsOfStream stream(entry);
      while (const std::size_t got = reader.read(buffer)) {
        hasher.update(std::span(buffer).first(got));
        stream.feed(std::span(buffer).first(got));
        if (is_package_database(entry)) database += text_of(std::span(buffer).first(got));
      }
      item.content = hasher.finish();
      facts.add(items.size(), stream);
    }
    if (!database.empty())
      if (auto list = read_package_list(entry.path, database, note)) lists.emplace(items.size(), std::move(*list));
    items.push_back(std::move(item));
  };
  visit_layer(layout, descriptor, diff_id, limits, visit);
  facts.complete(layout, descriptor, diff_id, limits);
  return segments_of(items, lists, facts);
}

void index_read(state::Index& index, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                const std::vector<state::IndexedSegment>& segments) {
  if (index.files_of(descriptor, diff_id)) return index.put_facts(segments);
  index.put({.id = 0, .digest = descriptor.digest, .size = descriptor.size, .diff_id = diff_id, .is_made = false},
            segments);
}

}  // namespace fn::img
