// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/file.hpp"
#include "elf/stream.hpp"
#include "error_of.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <elf.h>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A small shared library, made byte by byte: of either class and byte order, without section headers.
namespace fn {

class SmallElf {
 public:
  bool is_64 = true;
  bool is_big = false;
  std::uint16_t machine = EM_X86_64;
  enum class Hash { gnu, sysv, sysv_wide, none } hash = Hash::gnu;
  std::string dlopen = R"([{"feature":"f","priority":"required","soname":["liba.so.1","libb.so.2"]},{"soname":["c"]}])";

  // Where a part is: "ELF header", "program headers", "dynamic", "symbols", ..
  std::map<std::string, std::size_t> at;
  static constexpr std::uint64_t base = 0x40000;  // of addresses

  std::string build() {
    out_.assign(header_size() + segments * segment_size(), '\0');
    strings_.assign(1, '\0');
    dynamic_.clear();
    put_notes();
    put_tables();
    put_dynamic();
    put_headers();
    return out_;
  }

  void put(std::size_t where, std::uint64_t value, std::size_t width) {
    if (out_.size() < where + width) out_.resize(where + width);
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t byte = is_big ? width - 1 - i : i;
      out_[where + i] = byte < 8 ? static_cast<char>(value >> 8 * byte) : '\0';
    }
  }
  const std::string& bytes() const { return out_; }
  std::size_t word() const { return is_64 ? 8 : 4; }
  std::size_t header_size() const { return is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr); }
  std::size_t segment_size() const { return is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr); }
  // Of the entry with that tag, its value.
  std::size_t value_of(std::uint64_t tag) const {
    for (std::size_t i = 0; i < dynamic_.size(); ++i)
      if (dynamic_[i].first == tag) return at.at("dynamic") + (2 * i + 1) * word();
    return 0;
  }

 private:
  static constexpr std::size_t segments = 5;

  void number(std::uint64_t value, std::size_t width) { put(out_.size(), value, width); }
  void begin(const std::string& part) {
    out_.resize((out_.size() + 7) / 8 * 8);
    at[part] = out_.size();
  }
  std::uint64_t address(const std::string& part) const { return base + at.at(part); }
  std::uint64_t string(std::string_view text) {
    const std::size_t place = strings_.size();
    strings_ += text;
    strings_ += '\0';
    return place;
  }

  void note(std::string_view owner, std::uint32_t type, std::string_view bytes, std::size_t align) {
    const std::size_t start = out_.size();
    const auto pad = [&] { out_.resize(start + (out_.size() - start + align - 1) / align * align); };
    number(owner.size() + 1, 4);
    number(bytes.size(), 4);
    number(type, 4);
    out_.append(owner) += '\0';
    pad();
    out_ += bytes;
    pad();
  }

  void put_notes() {
    begin("properties");
    std::string property(is_64 ? 16 : 12, '\0');
    const std::uint32_t numbers[] = {GNU_PROPERTY_X86_ISA_1_NEEDED, 4, GNU_PROPERTY_X86_ISA_1_V3};
    for (std::size_t i = 0; i < 12; ++i)
      property[i] = static_cast<char>(numbers[i / 4] >> 8 * (is_big ? 3 - i % 4 : i % 4));
    note("GNU", NT_GNU_PROPERTY_TYPE_0, property, word());
    at["properties end"] = out_.size();
    begin("dlopen");
    note("FDO", 0x407c0c0a, dlopen + '\0', 4);
    at["dlopen end"] = out_.size();
    begin("interpreter");
    out_ += "/lib/ld.so.9";
    out_ += '\0';
    at["interpreter end"] = out_.size();
  }

  void symbol(std::string_view name, unsigned bind, unsigned section) {
    number(name.empty() ? 0 : string(name), 4);
    if (!is_64) number(0, 8);
    number(bind << 4, 1);
    number(0, 1);
    number(section, 2);
    if (is_64) number(0, 16);
  }

  void put_tables() {
    begin("symbols");
    symbol("", 0, 0);
    symbol("local", STB_LOCAL, 1);
    symbol("puts", STB_GLOBAL, SHN_UNDEF);
    symbol("maybe", STB_WEAK, SHN_UNDEF);
    symbol("small", STB_GLOBAL, 1);
    symbol("small", STB_WEAK, 1);
    begin("symbol versions");
    for (const unsigned version : {0u, 0u, 3u, 1u, 2u, 0x8001u}) number(version, 2);
    begin("defined versions");
    for (const unsigned index : {1u, 2u}) {
      number(1, 2);
      number(index == 1 ? VER_FLG_BASE : 0, 2);
      number(index, 2);
      number(1, 2);
      number(0, 4);
      number(20, 4);
      number(index == 1 ? 28 : 0, 4);
      number(string(index == 1 ? "libsmall.so.1" : "SMALL_1"), 4);
      number(0, 4);
    }
    begin("needed versions");
    number(1, 2);
    number(2, 2);
    number(string("libc.so.6"), 4);
    number(16, 4);
    number(0, 4);
    for (const unsigned index : {3u, 4u}) {
      number(0, 4);
      number(index == 4 ? VER_FLG_WEAK : 0, 2);
      number(index, 2);
      number(string(index == 3 ? "GLIBC_2.0" : "GLIBC_2.9"), 4);
      number(index == 3 ? 16 : 0, 4);
    }
    begin("hash");
    if (hash == Hash::gnu) {
      for (const unsigned value : {1u, 4u, 1u, 0u}) number(value, 4);
      number(0, word());
      for (const unsigned value : {4u, 2u, 3u}) number(value, 4);
    } else {
      for (const unsigned value : {1u, 6u}) number(value, hash == Hash::sysv_wide ? 8 : 4);
    }
    begin("relocations");
    for (const unsigned index : {2u, 3u, 5u}) {
      number(0, word());
      number(is_64 ? std::uint64_t{index} << 32 | 6 : index << 8 | 6, word());
      number(0, word());
    }
  }

  void put_dynamic() {
    const std::uint64_t needed = string("libc.so.6"), soname = string("libsmall.so.1"), runpath = string("$ORIGIN/lib");
    begin("strings");
    out_ += strings_;
    if (hash == Hash::gnu) dynamic_.emplace_back(DT_GNU_HASH, address("hash"));
    if (hash == Hash::sysv || hash == Hash::sysv_wide) dynamic_.emplace_back(DT_HASH, address("hash"));
    const std::size_t relocations = 9 * word();
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> rest{{DT_NEEDED, needed},
                                                                    {DT_SONAME, soname},
                                                                    {DT_RUNPATH, runpath},
                                                                    {DT_STRTAB, address("strings")},
                                                                    {DT_STRSZ, strings_.size()},
                                                                    {DT_SYMTAB, address("symbols")},
                                                                    {DT_SYMENT, is_64 ? 24 : 16},
                                                                    {DT_VERSYM, address("symbol versions")},
                                                                    {DT_VERDEF, address("defined versions")},
                                                                    {DT_VERDEFNUM, 2},
                                                                    {DT_VERNEED, address("needed versions")},
                                                                    {DT_VERNEEDNUM, 1},
                                                                    {DT_RELA, address("relocations")},
                                                                    {DT_RELASZ, relocations},
                                                                    {DT_BIND_NOW, 0},
                                                                    {DT_FLAGS_1, DF_1_NODEFLIB},
                                                                    {DT_NULL, 0}};
    dynamic_.insert(dynamic_.end(), rest.begin(), rest.end());
    begin("dynamic");
    for (const auto& [tag, value] : dynamic_) {
      number(tag, word());
      number(value, word());
    }
    at["end"] = out_.size();
  }

  void put_headers() {
    out_.replace(0, 7,
                 std::string("\x7f"
                             "ELF") +
                     (is_64 ? '\2' : '\1') + (is_big ? '\2' : '\1') + '\1');
    put(16, ET_DYN, 2);
    put(18, machine, 2);
    put(20, 1, 4);
    const std::size_t offset = 24 + word();  // e_phoff
    put(offset, header_size(), word());
    const std::size_t flags = offset + 2 * word();
    put(flags, 0x5000400, 4);
    put(flags + 4, header_size(), 2);
    put(flags + 6, segment_size(), 2);
    put(flags + 8, segments, 2);
    put_segment(0, PT_LOAD, 0, out_.size(), 4096);
    put_segment(1, PT_INTERP, at["interpreter"], at["interpreter end"] - at["interpreter"], 1);
    put_segment(2, PT_DYNAMIC, at["dynamic"], at["end"] - at["dynamic"], 8);
    put_segment(3, PT_NOTE, at["properties"], at["properties end"] - at["properties"], word());
    put_segment(4, PT_NOTE, at["dlopen"], at["dlopen end"] - at["dlopen"], 4);
  }

  void put_segment(std::size_t index, std::uint32_t type, std::size_t offset, std::size_t size, std::size_t align) {
    const std::size_t start = header_size() + index * segment_size();
    at["segment " + std::to_string(index)] = start;
    put(start, type, 4);
    const std::size_t words = start + (is_64 ? 8 : 4);
    const std::uint64_t values[] = {offset, base + offset, 0, size, size};
    for (std::size_t i = 0; i < std::size(values); ++i) put(words + i * word(), values[i], word());
    put(start + (is_64 ? 48 : 28), align, word());
  }

  std::string out_, strings_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> dynamic_;
};

inline std::optional<elf::Facts> facts_of(std::string_view bytes) {
  elf::MemorySource source(bytes);
  return elf::read_facts(source);
}

inline std::string error_in_elf(std::string_view bytes) {
  return error_of([&] { facts_of(bytes); });
}

// In pieces of `piece` bytes.
inline elf::FactsFromStream::Result streamed(std::string_view bytes, std::size_t piece) {
  elf::FactsFromStream stream;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    stream.feed(std::as_bytes(std::span(bytes.substr(0, piece))));
  return stream.finish();
}

// "name@@VERSION", as readelf writes it, then U for one that others must give, W for a weak one. A copy of another
// file's variable is "name@VERSION", and a symbol that stands for a version itself has only its name.
inline std::vector<std::string> symbols_of(const elf::Facts& facts) {
  std::map<std::uint16_t, std::string> defined, needed;
  for (const elf::Version& version : facts.defined_versions)
    if (!version.is_base) defined[version.index] = "@@" + version.name;
  for (const elf::VersionNeed& need : facts.needed_versions)
    for (const elf::Version& version : need.versions) needed[version.index] = "@" + version.name;
  std::vector<std::string> all;
  for (const elf::Symbol& symbol : facts.symbols) {
    std::string version = defined.contains(symbol.version) ? defined[symbol.version] : needed[symbol.version];
    if (symbol.is_hidden && version.starts_with("@@")) version.erase(0, 1);
    if (version.ends_with('@' + std::string(symbol.name))) version.clear();
    std::string text = std::string(symbol.name) + version;
    if (!symbol.is_defined) text += " U";
    if (symbol.is_weak) text += " W";
    all.push_back(text);
  }
  return all;
}

}  // namespace fn
