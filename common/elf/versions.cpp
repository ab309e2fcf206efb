// SPDX-License-Identifier: Apache-2.0
// Chains of entries, each with the distance to the next one and to a chain of names. All distances are forward, and the
// numbers of entries are stated too, so chains end; that a file lets many entries share one long chain of names costs
// it the limit on all names together.
#include "elf/versions.hpp"

#include "base/error.hpp"

namespace fn::elf {
namespace {

// An index has 15 bits.
constexpr std::size_t max_versions = 32768;

// Entries of both kinds are the same in both classes.
constexpr std::size_t definition_size = sizeof(Elf64_Verdef);
constexpr std::size_t definition_name_size = sizeof(Elf64_Verdaux);
constexpr std::size_t need_size = sizeof(Elf64_Verneed);
constexpr std::size_t need_name_size = sizeof(Elf64_Vernaux);

void expect_revision(std::uint16_t revision, std::string_view what) {
  if (revision != 1) fail(Kind::integrity, "{}: unknown revision {} of an entry", what, revision);
}

// How many entries follow each other, as DT_VERDEFNUM and DT_VERNEEDNUM say.
std::uint64_t count_of(const Dynamic& dynamic, std::int64_t tag, std::string_view what) {
  const std::uint64_t count = dynamic.value_or(tag, 0);
  if (count > max_versions)
    fail(Kind::integrity, "{}: {} entries are more than the limit of {}", what, count, max_versions);
  return count;
}

// Of the chain of a needed file at `at`.
std::vector<Version> names_of_need(const Dynamic& dynamic, Table& table, std::uint64_t at, std::uint16_t count,
                                   std::size_t& left) {
  std::vector<Version> versions;
  for (; count > 0; --count) {
    if (left-- == 0) fail(Kind::integrity, "DT_VERNEED: more than {} versions", max_versions);
    Fields fields = table.fields(at, need_name_size);
    fields.u32();  // vna_hash
    Version version;
    version.is_weak = (fields.u16() & VER_FLG_WEAK) != 0;
    version.index = fields.u16() & 0x7fff;
    version.name = dynamic.string(fields.u32(), "DT_VERNEED");
    versions.push_back(std::move(version));
    const std::uint32_t next = fields.u32();
    if (next == 0 && count > 1) fail(Kind::integrity, "DT_VERNEED: {} versions of an entry are missing", count - 1);
    at += next;
  }
  return versions;
}

}  // namespace

std::vector<Version> read_defined_versions(const Dynamic& dynamic) {
  std::vector<Version> versions;
  auto table = dynamic.table(DT_VERDEF, "DT_VERDEF");
  if (!table) return versions;
  std::uint64_t at = 0;
  for (std::uint64_t left = count_of(dynamic, DT_VERDEFNUM, "DT_VERDEF"); left > 0; --left) {
    Fields fields = table->fields(at, definition_size);
    expect_revision(fields.u16(), "DT_VERDEF");
    Version version;
    const std::uint16_t flags = fields.u16();
    version.is_base = (flags & VER_FLG_BASE) != 0;
    version.is_weak = (flags & VER_FLG_WEAK) != 0;
    version.index = fields.u16() & 0x7fff;
    if (fields.u16() == 0) fail(Kind::integrity, "DT_VERDEF: version {} has no name", version.index);
    fields.u32();  // vd_hash
    const std::uint32_t names = fields.u32(), next = fields.u32();
    // The first name is its own; others are those of versions that it inherits.
    version.name = dynamic.string(table->fields(at + names, definition_name_size).u32(), "DT_VERDEF");
    versions.push_back(std::move(version));
    if (next == 0 && left > 1) fail(Kind::integrity, "DT_VERDEF: {} entries are missing", left - 1);
    at += next;
  }
  return versions;
}

std::vector<VersionNeed> read_needed_versions(const Dynamic& dynamic) {
  std::vector<VersionNeed> needs;
  auto table = dynamic.table(DT_VERNEED, "DT_VERNEED");
  if (!table) return needs;
  std::uint64_t at = 0;
  std::size_t versions_left = max_versions;
  for (std::uint64_t left = count_of(dynamic, DT_VERNEEDNUM, "DT_VERNEED"); left > 0; --left) {
    Fields fields = table->fields(at, need_size);
    expect_revision(fields.u16(), "DT_VERNEED");
    const std::uint16_t count = fields.u16();
    VersionNeed need;
    need.file = dynamic.string(fields.u32(), "DT_VERNEED");
    const std::uint32_t names = fields.u32(), next = fields.u32();
    need.versions = names_of_need(dynamic, *table, at + names, count, versions_left);
    needs.push_back(std::move(need));
    if (next == 0 && left > 1) fail(Kind::integrity, "DT_VERNEED: {} entries are missing", left - 1);
    at += next;
  }
  return needs;
}

}  // namespace fn::elf
