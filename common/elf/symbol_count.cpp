// SPDX-License-Identifier: Apache-2.0
// Nothing says how many entries DT_SYMTAB has. A loader comes to them by a hash of names or by a relocation:
//
// - DT_GNU_HASH: symbols that others can find are at the end, sorted by bucket, so the chain of the bucket that begins
//   last ends with the last symbol; those before the first hashed one are needed from others.
// - A DT_GNU_HASH without any hashed symbol does not count the others: GNU ld writes 1 as the first hashed one, however
//   many there are. Then the relocations tell which are used. Relative ones name no symbol and may be a megabyte; they
//   come first and are counted by DT_RELACOUNT, so they are left out, as by the loader.
// - DT_HASH says it: it has one chain entry for each symbol.
#include "elf/symbol_count.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace fn::elf {
namespace {

constexpr std::uint64_t relocations_at_once = 1024;

// 0 if no symbol is hashed, with the first that could be in `first_hashed`.
std::uint64_t count_by_gnu_hash(Table& hash, Format format, std::uint64_t& first_hashed) {
  Fields fields = hash.fields(0, 16);
  const std::uint64_t buckets = fields.u32();
  first_hashed = fields.u32();
  const std::uint64_t buckets_at = 16 + std::uint64_t{fields.u32()} * (format.is_64 ? 8 : 4);
  Fields heads = hash.fields(buckets_at, std::size_t(buckets * 4));
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < buckets; ++i) last = std::max<std::uint64_t>(last, heads.u32());
  if (last == 0) return 0;
  if (last < first_hashed)
    fail(Kind::integrity, "DT_GNU_HASH: a bucket has symbol {}, the first hashed one is {}", last, first_hashed);
  const std::uint64_t chains_at = buckets_at + buckets * 4;
  while ((hash.fields(chains_at + (last - first_hashed) * 4, 4).u32() & 1) == 0) ++last;
  return last + 1;
}

std::uint64_t count_by_hash(Table& hash, const Header& header) {
  // System V's supplements for these two have words of 64 bits here.
  const bool is_wide = header.format.is_64 && (header.machine == EM_S390 || header.machine == EM_ALPHA);
  if (!is_wide) {
    Fields fields = hash.fields(0, 8);
    fields.u32();  // nbucket
    return fields.u32();
  }
  Fields fields = hash.fields(0, 16);
  fields.u64();
  return fields.u64();
}

struct Relocations {
  std::int64_t table, size;
  bool has_addend;
  std::int64_t relative;  // the tag that counts those without a symbol; 0: none does
};

std::uint64_t last_symbol_of(const Dynamic& dynamic, const Relocations& kind, Format format) {
  auto table = dynamic.table(kind.table, "relocations");
  if (!table) return 0;
  const std::size_t word = format.is_64 ? 8 : 4;
  const std::size_t entry = word * (kind.has_addend ? 3 : 2);
  const std::uint64_t count = dynamic.value_or(kind.size, 0) / entry;
  std::uint64_t at = kind.relative == 0 ? 0 : std::min(count, dynamic.value_or(kind.relative, 0));
  std::uint64_t last = 0;
  while (at < count) {
    const std::uint64_t now = std::min(relocations_at_once, count - at);
    Fields fields = table->fields(at * entry, std::size_t(now) * entry);
    for (std::uint64_t i = 0; i < now; ++i) {
      fields.word();  // r_offset
      const std::uint64_t info = fields.word();
      last = std::max(last, format.is_64 ? info >> 32 : info >> 8);
      if (kind.has_addend) fields.word();
    }
    at += now;
  }
  return last;
}

std::uint64_t last_relocated_symbol(const Dynamic& dynamic, Format format) {
  const bool has_addend = dynamic.value_or(DT_PLTREL, DT_RELA) == DT_RELA;
  std::uint64_t last = 0;
  for (const Relocations& kind :
       {Relocations{DT_RELA, DT_RELASZ, true, DT_RELACOUNT}, Relocations{DT_REL, DT_RELSZ, false, DT_RELCOUNT},
        Relocations{DT_JMPREL, DT_PLTRELSZ, has_addend, 0}})
    last = std::max(last, last_symbol_of(dynamic, kind, format));
  return last;
}

}  // namespace

std::uint64_t count_symbols(Layout& layout, const Dynamic& dynamic) {
  const Header& header = layout.header();
  // Their relocations are of another form, and their ABI gives the number.
  if (header.machine == EM_MIPS)
    if (const auto count = dynamic.value(DT_MIPS_SYMTABNO)) return *count;
  std::uint64_t first_hashed = 0;
  if (auto hash = dynamic.table(DT_GNU_HASH, "DT_GNU_HASH"))
    if (const std::uint64_t count = count_by_gnu_hash(*hash, header.format, first_hashed)) return count;
  if (auto hash = dynamic.table(DT_HASH, "DT_HASH")) return count_by_hash(*hash, header);
  return std::max(first_hashed, last_relocated_symbol(dynamic, header.format) + 1);
}

}  // namespace fn::elf
