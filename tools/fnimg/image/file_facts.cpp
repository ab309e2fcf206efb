// SPDX-License-Identifier: Apache-2.0
// Facts come in two ways, and are the same in both: from a file in a tar that goes by once, and from one that can be
// read anywhere, which touches a hundredth of its bytes.
//
// A file that lies about itself is no error of who builds or imports it: no loader takes it either, so it has no facts.
// Nor has one that makes more of its bytes than it has, by naming one long name again and again: all facts of a layer
// together are then never larger than the layer.
//
// The facts of a segment are compressed together, since names of symbols recur from file to file. Members are known by
// their number: a path may be in one tar twice.
#include "image/file_facts.hpp"

#include "base/error.hpp"
#include "base/pack.hpp"
#include "elf/file.hpp"
#include "layer/frame.hpp"

#include <algorithm>

namespace fn::img {
namespace {

constexpr Bytes max_first_line = 256;  // Linux looks no further
constexpr Bytes max_text = 256 * KiB;
constexpr Bytes max_cache = 4 * MiB;
// A segment has one file of any size, or 8 MiB. elf::read_facts() takes 256 MiB of a file.
constexpr Bytes max_unpacked = 1 * GiB;

bool is_loader_path(std::string_view name) {
  return name.starts_with("ld-musl-") && name.ends_with(".path");
}

// How much of a file is kept whatever it begins with; 0: that depends.
Bytes text_size(const layer::Entry& entry) {
  const std::string_view name = layer::base_name(entry.path);
  Bytes limit = 0;
  if (name == "pyvenv.cfg") {
    limit = max_text;
  } else if (layer::base_name(layer::parent_path(entry.path)) == "etc") {
    if (name == "ld.so.cache") limit = max_cache;
    if (name == "passwd" || name == "group" || is_loader_path(name)) limit = max_text;
  }
  return entry.size <= limit ? entry.size : 0;
}

std::optional<FileFacts> text_facts(std::string text, bool is_whole) {
  if (!is_whole) {
    if (!text.starts_with("#!")) return std::nullopt;
    text.resize(std::min(text.find('\n'), text.size()));
  }
  return FileFacts{.kind = FileFacts::Kind::text, .bytes = std::move(text)};
}

std::optional<FileFacts> object_facts(const layer::Entry& entry, const elf::Facts& facts) {
  FileFacts packed{.kind = FileFacts::Kind::object, .bytes = elf::pack(facts)};
  if (packed.bytes.size() > entry.size) return std::nullopt;
  return packed;
}

// An item's content.
class ItemSource final : public elf::Source {
 public:
  explicit ItemSource(const layer::Item& item) : size_(item.entry.size), reader_(item.origin->open(item)) {}

  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= size_) return 0;
    const std::size_t count = std::min<std::uint64_t>(out.size(), size_ - offset);
    reader_->read(offset, out.first(count));
    return count;
  }
  void finish() { reader_->finish(); }

 private:
  Bytes size_;
  std::unique_ptr<layer::Origin::Reader> reader_;
};

std::string front_of(elf::Source& source, Bytes size) {
  std::string front(size, '\0');
  std::size_t have = 0;
  while (have < front.size()) {
    const std::size_t got = source.read_at(have, std::as_writable_bytes(std::span(front)).subspan(have));
    if (got == 0) break;
    have += got;
  }
  front.resize(have);
  return front;
}

}  // namespace

FactsOfStream::FactsOfStream(const layer::Entry& entry) : entry_(entry), text_limit_(text_size(entry)) {
  if (text_limit_ == 0) text_limit_ = max_first_line;
}

void FactsOfStream::feed(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text_.size() < text_limit_) text_ += text.substr(0, text_limit_ - text_.size());
  stream_.feed(bytes);
}

FactsOfStream::Outcome FactsOfStream::finish(FileFacts& facts) {
  std::optional<FileFacts> found;
  try {
    const elf::FactsFromStream::Result result = stream_.finish();
    if (result.outcome == elf::FactsFromStream::Outcome::incomplete) return Outcome::incomplete;
    found = result.outcome == elf::FactsFromStream::Outcome::complete
                ? object_facts(entry_, result.facts)
                : text_facts(std::move(text_), text_size(entry_) > 0);
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
  }
  if (!found) return Outcome::none;
  facts = std::move(*found);
  return Outcome::known;
}

std::optional<FileFacts> facts_of(const layer::Entry& entry, elf::Source& source) {
  const Bytes size = text_size(entry);
  std::string front = front_of(source, size > 0 ? size : std::min(entry.size, max_first_line));
  if (!front.starts_with("\177ELF")) return text_facts(std::move(front), size > 0);
  try {
    const auto facts = elf::read_facts(source);
    return facts ? object_facts(entry, *facts) : std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
    return std::nullopt;
  }
}

std::optional<FileFacts> facts_of(const layer::Item& item) {
  if (item.entry.type != layer::Type::file || item.entry.size == 0) return std::nullopt;
  ItemSource source(item);
  auto facts = facts_of(item.entry, source);
  source.finish();
  return facts;
}

std::string pack(const SegmentFacts& facts) {
  Packer packer;
  packer.number(facts.members).number(facts.known.size());
  std::size_t next = 0;
  for (const SegmentFacts::Member& member : facts.known) {
    packer.number(member.number - next).number(unsigned(member.facts.kind)).text(member.facts.bytes);
    next = member.number + 1;
  }
  return layer::to_frame(packer.str());
}

SegmentFacts unpack_segment_facts(std::string_view packed) {
  const std::string bytes = layer::from_frame(packed, max_unpacked);
  Unpacker unpacker(bytes);
  SegmentFacts facts;
  facts.members = unpacker.number();
  std::size_t next = 0;
  for (std::uint64_t left = unpacker.number(); left > 0; --left) {
    SegmentFacts::Member& member = facts.known.emplace_back();
    member.number = next + unpacker.number_below(facts.members - next);
    member.facts.kind = FileFacts::Kind(unpacker.number_below(2));
    member.facts.bytes = unpacker.text();
    next = member.number + 1;
  }
  if (!unpacker.at_end()) fail(Kind::integrity, "packed facts of a segment are corrupt");
  return facts;
}

}  // namespace fn::img
