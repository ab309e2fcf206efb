// SPDX-License-Identifier: Apache-2.0
#include "image/layer_facts.hpp"

#include "base/error.hpp"
#include "image/layer_reader.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <algorithm>
#include <fcntl.h>

namespace fn::img {
namespace {

constexpr Bytes max_bytes = 512 * MiB;

// The facts of a file too large to keep, by way of a temporary one.
std::optional<FileFacts> spooled_facts(const layer::Entry& entry, layer::TarReader& reader) {
  const sys::Fd directory = sys::open_file(sys::temporary_directory(), O_RDONLY | O_DIRECTORY);
  sys::TempFile file(directory.get(), entry.path);
  std::vector<std::byte> buffer(256 * KiB);
  while (const std::size_t got = reader.read(buffer)) file.write(std::span(buffer).first(got));
  elf::FdSource source(file.fd(), entry.path);
  return facts_of(entry, source);
}

state::SegmentFacts packed(const SegmentFacts& facts) {
  return {.form = facts_form, .packed = pack(facts)};
}

}  // namespace

state::SegmentFacts read_facts(std::span<const layer::Item> members) {
  SegmentFacts facts{.members = members.size(), .known = {}};
  for (std::size_t n = 0; n < members.size(); ++n)
    if (auto found = facts_of(members[n])) facts.known.push_back({.number = n, .facts = std::move(*found)});
  return packed(facts);
}

bool are_sound(const std::vector<std::optional<std::string>>& facts) {
  try {
    for (const std::optional<std::string>& segment : facts) {
      if (!segment) continue;
      for (const SegmentFacts::Member& member : unpack_segment_facts(*segment).known)
        if (member.facts.kind == FileFacts::Kind::object) elf::unpack(member.facts.bytes);
    }
    return true;
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
    return false;
  }
}

bool agree(const std::vector<std::optional<std::string>>& facts, const std::vector<state::IndexedSegment>& read) {
  for (std::size_t n = 0; n < std::min(facts.size(), read.size()); ++n) {
    if (!facts[n] || !read[n].facts || *facts[n] == read[n].facts->packed) continue;
    // Another libzstd may have compressed the same.
    if (unpack_segment_facts(*facts[n]) != unpack_segment_facts(read[n].facts->packed)) return false;
  }
  return true;
}

void LayerFacts::add(std::size_t member, FactsOfStream& stream) {
  FileFacts facts;
  const FactsOfStream::Outcome outcome = stream.finish(facts);
  if (outcome == FactsOfStream::Outcome::known) keep(member, std::move(facts));
  if (outcome == FactsOfStream::Outcome::incomplete) incomplete_.insert(member);
}

void LayerFacts::keep(std::size_t member, FileFacts facts) {
  bytes_ += facts.bytes.size();
  if (bytes_ > max_bytes) unknown_from_ = std::min(unknown_from_, member);
  if (member < unknown_from_) known_.emplace(member, std::move(facts));
}

void LayerFacts::complete(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                          const Limits& limits) {
  if (incomplete_.empty()) return;
  std::size_t member = 0;
  visit_layer(layout, descriptor, diff_id, limits, [&](const layer::Entry& entry, layer::TarReader& reader) {
    if (!incomplete_.contains(member++)) return;
    if (auto facts = spooled_facts(entry, reader)) keep(member - 1, std::move(*facts));
  });
  incomplete_.clear();
}

void LayerFacts::put_into(std::vector<state::IndexedSegment>& segments, const layer::TarSegments& tar) const {
  std::vector<SegmentFacts> facts(segments.size());
  auto next = known_.begin();
  for (std::size_t member = 0; member < tar.items().size(); ++member) {
    const std::size_t segment = tar.segment_of(member);
    if (next != known_.end() && next->first == member)
      facts[segment].known.push_back({.number = facts[segment].members, .facts = next++->second});
    ++facts[segment].members;
  }
  const std::size_t end = unknown_from_ < tar.items().size() ? tar.segment_of(unknown_from_) : segments.size();
  for (std::size_t n = 0; n < end; ++n) segments[n].facts = packed(facts[n]);
}

}  // namespace fn::img
