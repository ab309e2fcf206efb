// SPDX-License-Identifier: Apache-2.0
// Almost all of it is names of symbols. They are sorted, so each is the length of what it shares with the one before
// and the rest, up to a NUL. Like stands by like, which zstd compresses a tenth better: first what is said of each
// symbol beside its name, then the lengths, then the rests.
#include "elf/facts.hpp"

#include "base/error.hpp"
#include "base/pack.hpp"

#include <algorithm>

namespace fn::elf {
namespace {

// Names that share beginnings are longer than their packed bytes.
constexpr std::size_t max_names = std::size_t{256} << 20;

void pack_versions(Packer& packer, const std::vector<Version>& versions) {
  packer.number(versions.size());
  for (const Version& version : versions)
    packer.text(version.name)
        .number(std::uint64_t{version.index} << 2 | unsigned(version.is_base) << 1 | unsigned(version.is_weak));
}

std::vector<Version> unpack_versions(Unpacker& unpacker) {
  std::vector<Version> versions;
  for (std::uint64_t left = unpacker.number(); left > 0; --left) {
    Version version;
    version.name = unpacker.text();
    const std::uint64_t rest = unpacker.number_below(std::uint64_t{1} << 18);
    version.index = std::uint16_t(rest >> 2);
    version.is_base = (rest & 2) != 0;
    version.is_weak = (rest & 1) != 0;
    versions.push_back(std::move(version));
  }
  return versions;
}

void pack_texts(Packer& packer, const std::vector<std::string>& texts) {
  packer.number(texts.size());
  for (const std::string& text : texts) packer.text(text);
}

std::vector<std::string> unpack_texts(Unpacker& unpacker) {
  std::vector<std::string> texts;
  for (std::uint64_t left = unpacker.number(); left > 0; --left) texts.emplace_back(unpacker.text());
  return texts;
}

std::uint64_t bits_of(const Symbol& symbol) {
  return std::uint64_t{symbol.version} << 3 | unsigned(symbol.is_hidden) << 2 | unsigned(symbol.is_defined) << 1 |
         unsigned(symbol.is_weak);
}

Symbol symbol_of(std::uint64_t bits) {
  Symbol symbol;
  symbol.version = std::uint16_t(bits >> 3);
  symbol.is_hidden = (bits & 4) != 0;
  symbol.is_defined = (bits & 2) != 0;
  symbol.is_weak = (bits & 1) != 0;
  return symbol;
}

void pack_symbols(Packer& packer, const std::vector<Symbol>& symbols) {
  packer.number(symbols.size());
  for (const Symbol& symbol : symbols) packer.number(bits_of(symbol));
  std::string_view before;
  std::string rests;
  for (const Symbol& symbol : symbols) {
    const auto differs = std::mismatch(before.begin(), before.end(), symbol.name.begin(), symbol.name.end()).second;
    const auto shared = std::size_t(differs - symbol.name.begin());
    packer.number(shared);
    rests.append(symbol.name.substr(shared)) += '\0';
    before = symbol.name;
  }
  packer.text(rests);
}

[[noreturn]] void refuse_facts() {
  fail(Kind::integrity, "packed facts are corrupt");
}

// `rest` takes the place of all but the first `shared` bytes of `before`: then names are in order, and packed in the
// one way that pack() knows.
void check_order(std::string_view before, std::uint64_t shared, std::string_view rest) {
  if (shared > before.size()) refuse_facts();
  if (shared == before.size()) return;
  if (rest.empty() || static_cast<unsigned char>(rest[0]) <= static_cast<unsigned char>(before[shared])) refuse_facts();
}

// Sets names, from what each shares with the one before and the rests.
void unpack_names(Facts& facts, const std::vector<std::uint32_t>& shared, std::string_view rests) {
  std::string_view before;
  for (std::size_t i = 0; i < shared.size(); ++i) {
    const std::size_t end = rests.find('\0');
    if (end == std::string_view::npos) refuse_facts();
    const std::string_view rest = rests.substr(0, end);
    rests.remove_prefix(end + 1);
    check_order(before, shared[i], rest);
    Symbol& symbol = facts.symbols[i];
    if (rest.empty()) {
      if (i > 0 && bits_of(symbol) < bits_of(facts.symbols[i - 1])) refuse_facts();
    } else {
      const std::size_t begin = facts.names.size();
      facts.names.resize(begin + shared[i] + rest.size());
      char* const name = facts.names.data() + begin;
      std::copy_n(before.data(), shared[i], name);
      std::copy(rest.begin(), rest.end(), name + shared[i]);
      before = {name, shared[i] + rest.size()};
    }
    symbol.name = before;
  }
  if (!rests.empty()) refuse_facts();
}

// `limit`: no more symbols than there are bytes.
void unpack_symbols(Unpacker& unpacker, std::size_t limit, Facts& facts) {
  const std::uint64_t count = unpacker.number_below(limit);
  facts.symbols.reserve(count);
  for (std::uint64_t left = count; left > 0; --left)
    facts.symbols.push_back(symbol_of(unpacker.number_below(std::uint64_t{1} << 19)));
  std::vector<std::uint32_t> shared;
  shared.reserve(count);
  std::uint64_t size = 0;
  for (std::uint64_t left = count; left > 0; --left) {
    shared.push_back(std::uint32_t(unpacker.number_below(max_names)));
    size += shared.back();
  }
  const std::string_view rests = unpacker.text();
  if (size + rests.size() > max_names) refuse_facts();
  // Names never move again once symbols borrow them.
  facts.names.reserve(size + rests.size());
  unpack_names(facts, shared, rests);
}

void pack_head(Packer& packer, const Facts& facts) {
  packer.number(unsigned(facts.word_bits == 64) | unsigned(facts.is_big_endian) << 1 | unsigned(facts.is_dynamic) << 2 |
                unsigned(facts.has_runpath) << 3);
  packer.number(facts.machine).number(facts.type).number(facts.flags).number(facts.isa_needed);
  packer.text(facts.interpreter).text(facts.soname).text(facts.rpath).text(facts.runpath);
  packer.number(facts.dt_flags).number(facts.dt_flags_1);
  pack_texts(packer, facts.needed);
}

void unpack_head(Unpacker& unpacker, Facts& facts) {
  const std::uint64_t bits = unpacker.number_below(16);
  facts.word_bits = (bits & 1) != 0 ? 64 : 32;
  facts.is_big_endian = (bits & 2) != 0;
  facts.is_dynamic = (bits & 4) != 0;
  facts.has_runpath = (bits & 8) != 0;
  for (std::uint16_t* number : {&facts.machine, &facts.type}) *number = std::uint16_t(unpacker.number_below(1 << 16));
  for (std::uint32_t* number : {&facts.flags, &facts.isa_needed})
    *number = std::uint32_t(unpacker.number_below(std::uint64_t{1} << 32));
  for (std::string* text : {&facts.interpreter, &facts.soname, &facts.rpath, &facts.runpath}) *text = unpacker.text();
  facts.dt_flags = unpacker.number();
  facts.dt_flags_1 = unpacker.number();
  facts.needed = unpack_texts(unpacker);
}

}  // namespace

std::string pack(const Facts& facts) {
  Packer packer;
  pack_head(packer, facts);
  pack_versions(packer, facts.defined_versions);
  packer.number(facts.needed_versions.size());
  for (const VersionNeed& need : facts.needed_versions) pack_versions(packer.text(need.file), need.versions);
  packer.number(facts.dlopen.size());
  for (const DlopenNote& note : facts.dlopen) {
    pack_texts(packer.text(note.feature).number(unsigned(note.priority)), note.sonames);
  }
  pack_symbols(packer, facts.symbols);
  return packer.take();
}

Facts unpack(std::string_view packed) {
  Facts facts;
  Unpacker unpacker(packed);
  unpack_head(unpacker, facts);
  facts.defined_versions = unpack_versions(unpacker);
  for (std::uint64_t left = unpacker.number(); left > 0; --left) {
    VersionNeed& need = facts.needed_versions.emplace_back();
    need.file = unpacker.text();
    need.versions = unpack_versions(unpacker);
  }
  for (std::uint64_t left = unpacker.number(); left > 0; --left) {
    DlopenNote& note = facts.dlopen.emplace_back();
    note.feature = unpacker.text();
    note.priority = DlopenNote::Priority(unpacker.number_below(3));
    note.sonames = unpack_texts(unpacker);
  }
  unpack_symbols(unpacker, packed.size(), facts);
  if (!unpacker.at_end()) refuse_facts();
  return facts;
}

}  // namespace fn::elf
