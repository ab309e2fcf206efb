// SPDX-License-Identifier: Apache-2.0
#include "elf/file.hpp"

#include "base/error.hpp"
#include "elf/dynamic.hpp"
#include "elf/layout.hpp"
#include "elf/notes.hpp"
#include "elf/symbols.hpp"
#include "elf/versions.hpp"

namespace fn::elf {
namespace {

// Linux takes no longer path.
constexpr std::uint64_t max_interpreter = 4096;

std::string read_interpreter(Layout& layout) {
  const Segment* const segment = layout.first(PT_INTERP);
  if (!segment || segment->size == 0) return {};
  if (segment->size > max_interpreter)
    fail(Kind::integrity, "PT_INTERP: {} bytes are more than the limit of {}", segment->size, max_interpreter);
  Table table = layout.at_offset("PT_INTERP", segment->offset, segment->size);
  const std::string_view path = table.part(0, segment->size);
  if (path.back() != '\0') fail(Kind::integrity, "PT_INTERP: its path at {:#x} has no end", segment->offset);
  return std::string(path.substr(0, path.find('\0')));
}

// DT_SYMBOLIC and the like are older names of DF_*.
std::uint64_t flags_of(const Dynamic& dynamic) {
  std::uint64_t flags = dynamic.value_or(DT_FLAGS, 0);
  if (dynamic.value(DT_SYMBOLIC)) flags |= DF_SYMBOLIC;
  if (dynamic.value(DT_TEXTREL)) flags |= DF_TEXTREL;
  if (dynamic.value(DT_BIND_NOW)) flags |= DF_BIND_NOW;
  return flags;
}

void take_dynamic(Layout& layout, const Dynamic& dynamic, Facts& facts) {
  facts.is_dynamic = true;
  facts.soname = dynamic.string_of(DT_SONAME, "DT_SONAME");
  for (const std::uint64_t needed : dynamic.needed()) facts.needed.emplace_back(dynamic.string(needed, "DT_NEEDED"));
  facts.rpath = dynamic.string_of(DT_RPATH, "DT_RPATH");
  facts.runpath = dynamic.string_of(DT_RUNPATH, "DT_RUNPATH");
  facts.has_runpath = dynamic.value(DT_RUNPATH).has_value();
  facts.dt_flags = flags_of(dynamic);
  facts.dt_flags_1 = dynamic.value_or(DT_FLAGS_1, 0);
  facts.defined_versions = read_defined_versions(dynamic);
  facts.needed_versions = read_needed_versions(dynamic);
  read_symbols(layout, dynamic, facts);
}

}  // namespace

std::optional<Facts> read_facts(Source& source) {
  auto layout = Layout::open(source);
  if (!layout) return std::nullopt;
  const Header& header = layout->header();
  Facts facts;
  facts.word_bits = header.format.is_64 ? 64 : 32;
  facts.is_big_endian = header.format.is_big_endian;
  facts.machine = header.machine;
  facts.type = header.type;
  facts.flags = header.flags;
  facts.interpreter = read_interpreter(*layout);
  read_notes(*layout, facts);
  if (const auto dynamic = Dynamic::read(*layout)) take_dynamic(*layout, *dynamic, facts);
  return facts;
}

}  // namespace fn::elf
