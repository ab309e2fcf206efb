// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols.hpp"

#include "base/error.hpp"
#include "elf/symbol_count.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace fn::elf {
namespace {

constexpr std::uint16_t hidden_bit = 0x8000;

// Which indices of versions the file explains: the two without a name, and those of its tables.
class KnownVersions {
 public:
  explicit KnownVersions(const Facts& facts) {
    known_[VER_NDX_LOCAL] = known_[VER_NDX_GLOBAL] = true;
    for (const Version& version : facts.defined_versions) known_[version.index] = true;
    for (const VersionNeed& need : facts.needed_versions)
      for (const Version& version : need.versions) known_[version.index] = true;
  }
  void check(std::uint16_t index, std::uint64_t symbol) const {
    if (!known_[index])
      fail(Kind::integrity, "DT_VERSYM: symbol {} has version {}, which is not defined", symbol, index);
  }

 private:
  std::vector<bool> known_ = std::vector<bool>(hidden_bit);
};

Symbol parse_symbol(Fields fields, Format format, const Dynamic& dynamic) {
  const std::uint32_t name = fields.u32();
  if (!format.is_64) fields.u64();  // st_value, st_size
  const unsigned bind = ELF64_ST_BIND(unsigned{fields.u8()});
  fields.u8();  // st_other
  Symbol symbol;
  symbol.is_defined = fields.u16() != SHN_UNDEF;
  symbol.is_weak = bind == STB_WEAK;
  if (bind != STB_LOCAL) symbol.name = dynamic.string(name, "DT_SYMTAB");
  return symbol;
}

// Names move from the file's table to the facts' own, equal ones once.
void own_names(Facts& facts) {
  std::size_t size = 0;
  std::string_view before;
  for (const Symbol& symbol : facts.symbols) {
    if (symbol.name != before) size += symbol.name.size();
    before = symbol.name;
  }
  facts.names.reserve(size);
  before = {};
  for (Symbol& symbol : facts.symbols) {
    if (symbol.name != before) {
      const auto begin = facts.names.insert(facts.names.end(), symbol.name.begin(), symbol.name.end());
      before = {&*begin, symbol.name.size()};
    }
    symbol.name = before;
  }
}

}  // namespace

void read_symbols(Layout& layout, const Dynamic& dynamic, Facts& facts) {
  const Format format = layout.header().format;
  const std::size_t entry = format.is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  auto table = dynamic.table(DT_SYMTAB, "DT_SYMTAB");
  if (!table) return;
  if (dynamic.value_or(DT_SYMENT, entry) != entry)
    fail(Kind::integrity, "DT_SYMENT: symbols of {} bytes, not {}", dynamic.value_or(DT_SYMENT, 0), entry);
  const std::uint64_t count = count_symbols(layout, dynamic);
  if (count > std::numeric_limits<std::uint32_t>::max()) fail(Kind::integrity, "DT_SYMTAB: {} symbols", count);
  auto versions = dynamic.table(DT_VERSYM, "DT_VERSYM");
  const KnownVersions known(facts);
  // All at once, so that neither table moves while it is read entry by entry.
  table->part(0, count * entry);
  if (versions) versions->part(0, count * 2);
  for (std::uint64_t i = 1; i < count; ++i) {
    Symbol symbol = parse_symbol(table->fields(i * entry, entry), format, dynamic);
    if (symbol.name.empty()) continue;
    if (versions) {
      const std::uint16_t version = versions->fields(i * 2, 2).u16();
      symbol.version = version & (hidden_bit - 1);
      symbol.is_hidden = (version & hidden_bit) != 0;
      known.check(symbol.version, i);
    }
    facts.symbols.push_back(symbol);
  }
  std::sort(facts.symbols.begin(), facts.symbols.end(), [](const Symbol& a, const Symbol& b) {
    return std::tie(a.name, a.version, a.is_hidden, a.is_defined, a.is_weak) <
           std::tie(b.name, b.version, b.is_hidden, b.is_defined, b.is_weak);
  });
  own_names(facts);
}

}  // namespace fn::elf
