// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::elf {

// A version that a file defines (Elf_Verdef) or needs from another (Elf_Vernaux). System V gABI has no versions: LSB
// Core 3.0, "Symbol Versioning".
struct Version {
  std::string name;         // "GLIBC_2.34"
  std::uint16_t index = 0;  // what symbols name it by
  bool is_base = false;     // VER_FLG_BASE: names the file, no symbol
  bool is_weak = false;     // VER_FLG_WEAK

  friend bool operator==(const Version&, const Version&) = default;
};

struct VersionNeed {
  std::string file;  // a soname
  std::vector<Version> versions;

  friend bool operator==(const VersionNeed&, const VersionNeed&) = default;
};

// A dynamic symbol that other objects can see, or that must come from one: local ones are left out.
struct Symbol {
  std::string_view name;      // borrowed from its Facts
  std::uint16_t version = 1;  // index of a Version; 0: local, 1: global, without a version
  bool is_hidden = false;     // name@VERSION, not the default name@@VERSION
  bool is_defined = false;
  bool is_weak = false;

  friend bool operator==(const Symbol&, const Symbol&) = default;
};

// .note.dlopen: libraries that a program loads by itself. uapi-group.org, "ELF dlopen metadata".
struct DlopenNote {
  enum class Priority : std::uint8_t { suggested, recommended, required };
  std::vector<std::string> sonames;  // any one of them will do
  Priority priority = Priority::recommended;
  std::string feature;

  friend bool operator==(const DlopenNote&, const DlopenNote&) = default;
};

// What a dynamic loader decides by, of one ELF file: read from its program headers and the dynamic segment, as the
// loader reads them, never from section headers, which may be absent. Movable only: symbols borrow from `names`.
struct Facts {
  std::uint8_t word_bits = 64;  // 32 or 64
  bool is_big_endian = false;
  std::uint16_t machine = 0;     // EM_*
  std::uint16_t type = 0;        // ET_*
  std::uint32_t flags = 0;       // e_flags: float ABI of ARM, RISC-V ..
  std::uint32_t isa_needed = 0;  // GNU_PROPERTY_X86_ISA_1_NEEDED: bit n is x86-64-v(n+1); 0: none is named
  std::string interpreter;       // PT_INTERP
  bool is_dynamic = false;       // has PT_DYNAMIC
  std::string soname;
  std::vector<std::string> needed;  // DT_NEEDED, in order
  std::string rpath, runpath;       // as they are: colons, $ORIGIN
  bool has_runpath = false;         // then rpath does not count
  std::uint64_t dt_flags = 0;       // DF_*
  std::uint64_t dt_flags_1 = 0;     // DF_1_*
  std::vector<Version> defined_versions;
  std::vector<VersionNeed> needed_versions;
  std::vector<Symbol> symbols;  // sorted by name, then version, then the rest
  std::vector<DlopenNote> dlopen;
  std::vector<char> names;  // what symbols borrow

  Facts() = default;
  Facts(Facts&&) = default;
  Facts& operator=(Facts&&) = default;
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;
};

// For caches that only we read; no text has a NUL byte. Throws integrity for bytes that pack() can't have made.
std::string pack(const Facts& facts);
Facts unpack(std::string_view packed);

}  // namespace fn::elf
