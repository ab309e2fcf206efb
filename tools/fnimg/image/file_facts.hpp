// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/source.hpp"
#include "elf/stream.hpp"
#include "layer/item.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// What those who load or run a file look at: the facts of an ELF file, the first line of a script ("#!.."), the
// contents of ld.so.cache, ld-musl-*.path, passwd and group in an etc, and of pyvenv.cfg.
struct FileFacts {
  enum class Kind : std::uint8_t { object, text };
  Kind kind = Kind::object;
  std::string bytes;  // elf::pack()'s, or the text

  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};

// Learns a file's facts while its bytes pass.
class FactsOfStream {
 public:
  // `entry` must outlive it.
  explicit FactsOfStream(const layer::Entry& entry);
  void feed(std::span<const std::byte> bytes);
  enum class Outcome : std::uint8_t { none, known, incomplete };
  // After the last byte. Incomplete: only facts_of() can tell. Files that contradict themselves have none.
  Outcome finish(FileFacts& facts);

 private:
  const layer::Entry& entry_;
  Bytes text_limit_;
  std::string text_;
  elf::FactsFromStream stream_;
};

// The facts of a file that can be read at any place; nothing if it has none. Throws what the reads throw.
std::optional<FileFacts> facts_of(const layer::Entry& entry, elf::Source& source);
std::optional<FileFacts> facts_of(const layer::Item& item);

// The facts of the members of a segment that have any, and how many members it has.
struct SegmentFacts {
  struct Member {
    std::size_t number = 0;  // in the segment, 0 is the first
    FileFacts facts;
    friend bool operator==(const Member&, const Member&) = default;
  };
  std::size_t members = 0;
  std::vector<Member> known;  // by number

  friend bool operator==(const SegmentFacts&, const SegmentFacts&) = default;
};

// Of the bytes of pack() in the index (state::SegmentFacts).
inline constexpr std::int64_t facts_form = 1;
std::string pack(const SegmentFacts& facts);
// Throws integrity.
SegmentFacts unpack_segment_facts(std::string_view packed);

}  // namespace fn::img
