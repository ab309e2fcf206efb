// SPDX-License-Identifier: Apache-2.0
#include "elf_support.hpp"

#include <chrono>
#include <cstring>

using namespace fn;
using namespace fn::elf;

namespace {

// Facts or an integrity error, and the same of a stream and of what is packed.
void check_any(const std::string& bytes) {
  std::string said;
  std::optional<Facts> facts;
  try {
    facts = facts_of(bytes);
  } catch (const Error& error) {
    REQUIRE(error.kind() == Kind::integrity);
    said = error.what();
  }
  if (facts) {
    const std::string packed = pack(*facts);
    if (pack(unpack(packed)) != packed) FAIL_CHECK("packed otherwise");
  }
  try {
    const auto result = streamed(bytes, 100);
    if (result.outcome == FactsFromStream::Outcome::incomplete) return;
    if (!facts != (result.outcome == FactsFromStream::Outcome::not_elf)) FAIL_CHECK("the stream sees another file");
    if (facts && pack(result.facts) != pack(*facts)) FAIL_CHECK("the stream has other facts");
  } catch (const Error& error) {
    if (said != error.what()) FAIL_CHECK(said << ", in the stream " << error.what());
  }
}

// What is said of a file with one number changed.
std::string lie(const std::string& part, std::size_t offset, std::uint64_t value, std::size_t width) {
  SmallElf small;
  small.build();
  small.put(small.at.at(part) + offset, value, width);
  check_any(small.bytes());
  return error_in_elf(small.bytes());
}

std::string lie_in_header(std::size_t offset, std::uint64_t value, std::size_t width) {
  SmallElf small;
  small.build();
  small.put(offset, value, width);
  check_any(small.bytes());
  return error_in_elf(small.bytes());
}

std::string lie_in_entry(std::uint64_t tag, std::uint64_t value) {
  SmallElf small;
  small.build();
  small.put(small.value_of(tag), value, 8);
  check_any(small.bytes());
  return error_in_elf(small.bytes());
}

}  // namespace

TEST_CASE("a header that lies") {
  CHECK(lie_in_header(EI_CLASS, 3, 1) == "integrity: ELF header: unknown class 3");
  CHECK(lie_in_header(EI_DATA, 0, 1) == "integrity: ELF header: unknown byte order 0");
  CHECK(lie_in_header(EI_VERSION, 9, 1) == "integrity: ELF header: unknown version 9");
  CHECK(lie_in_header(54, 55, 2) == "integrity: ELF header: program headers of 55 bytes, not 56");
  CHECK(lie_in_header(56, 2000, 2) == "integrity: ELF header: 2000 program headers take more than 65536 bytes");
  CHECK(lie_in_header(56, 1000, 2).starts_with("integrity: program headers: the file ends at 0x"));
  CHECK(lie_in_header(32, ~std::uint64_t{0}, 8) ==
        "integrity: program headers: 280 bytes at 0xffffffffffffffff have no end");
  CHECK(lie_in_header(32, 1 << 30, 8) == "integrity: program headers: the file ends at 0x40000000");
}

TEST_CASE("segments that lie") {
  CHECK(lie("segment 1", 8, 1 << 20, 8) == "integrity: PT_INTERP: the file ends at 0x100000");
  CHECK(lie("segment 1", 32, 3, 8).starts_with("integrity: PT_INTERP: its path at 0x"));
  CHECK(lie("segment 1", 32, 5000, 8) == "integrity: PT_INTERP: 5000 bytes are more than the limit of 4096");
  CHECK(lie("segment 2", 16, 7, 8) == "integrity: PT_DYNAMIC: address 0x7 is not in the file");
  CHECK(lie("segment 2", 32, 1 << 30, 8) ==
        "integrity: PT_DYNAMIC: 1073741824 bytes are more than the limit of 1048576");
  CHECK(lie("segment 2", 32, 32, 8) == "integrity: PT_DYNAMIC: DT_NULL does not end it");
  CHECK(lie("segment 3", 32, 1 << 21, 8) == "integrity: PT_NOTE: 2097152 bytes are more than the limit of 1048576");
  CHECK(lie("segment 0", 8, ~std::uint64_t{0}, 8) ==
        "integrity: PT_LOAD: 1288 bytes at 0xffffffffffffffff have no end");
}

TEST_CASE("notes that lie") {
  CHECK(lie("properties", 4, 1 << 30, 4).starts_with("integrity: PT_NOTE: 1073741824 bytes at 0x"));
  CHECK(lie("properties", 0, ~std::uint32_t{0}, 4).starts_with("integrity: PT_NOTE: 4294967295 bytes at 0x"));
  CHECK(lie("properties", 20, 99, 4) ==
        "integrity: NT_GNU_PROPERTY_TYPE_0: property 0xc0008002 of 99 bytes, 8 are left");
  SmallElf small;
  small.dlopen = "[{\"soname\":\"a\"}]";
  CHECK(error_in_elf(small.build()).starts_with("integrity: .note.dlopen: "));
  small.dlopen = "[";
  CHECK(error_in_elf(small.build()).starts_with("integrity: .note.dlopen: its JSON"));
}

TEST_CASE("a dynamic segment that lies") {
  for (const auto tag : {DT_STRTAB, DT_SYMTAB, DT_VERSYM, DT_VERDEF, DT_VERNEED, int(DT_GNU_HASH)}) {
    CAPTURE(tag);
    CHECK(lie_in_entry(std::uint64_t(tag), 3).ends_with(": address 0x3 is not in the file"));
  }
  CHECK(lie_in_entry(DT_STRSZ, 1 << 30).starts_with("integrity: DT_STRTAB: 1073741824 bytes at 0x"));
  CHECK(lie_in_entry(DT_STRSZ, 4) == "integrity: DT_SONAME: string 0x5c is outside of DT_STRTAB, which has 0x4 bytes");
  CHECK(lie_in_entry(DT_SYMENT, 4) == "integrity: DT_SYMENT: symbols of 4 bytes, not 24");
  CHECK(lie_in_entry(DT_VERDEFNUM, 3) == "integrity: DT_VERDEF: 1 entries are missing");
  CHECK(lie_in_entry(DT_VERDEFNUM, 1 << 20) ==
        "integrity: DT_VERDEF: 1048576 entries are more than the limit of 32768");
  CHECK(lie_in_entry(DT_VERNEEDNUM, 2) == "integrity: DT_VERNEED: 1 entries are missing");
}

TEST_CASE("tables that lie") {
  CHECK(lie("hash", 8, ~std::uint32_t{0}, 4).starts_with("integrity: DT_GNU_HASH: 4 bytes at 0x"));
  CHECK(lie("hash", 0, ~std::uint32_t{0}, 4).starts_with("integrity: DT_GNU_HASH: 17179869180 bytes at 0x"));
  CHECK(lie("hash", 24, 3, 4) == "integrity: DT_GNU_HASH: a bucket has symbol 3, the first hashed one is 4");
  CHECK(lie("hash", 24, ~std::uint32_t{0}, 4).starts_with("integrity: DT_GNU_HASH: 4 bytes at 0x"));
  CHECK(lie("symbols", 48, 1 << 20, 4).starts_with("integrity: DT_SYMTAB: string 0x100000 is outside of DT_STRTAB"));
  CHECK(lie("symbol versions", 4, 77, 2) == "integrity: DT_VERSYM: symbol 2 has version 77, which is not defined");
  CHECK(lie("defined versions", 0, 2, 2) == "integrity: DT_VERDEF: unknown revision 2 of an entry");
  CHECK(lie("defined versions", 6, 0, 2) == "integrity: DT_VERDEF: version 1 has no name");
  CHECK(lie("defined versions", 12, 1 << 30, 4).starts_with("integrity: DT_VERDEF: 8 bytes at 0x"));
  CHECK(lie("needed versions", 0, 2, 2) == "integrity: DT_VERNEED: unknown revision 2 of an entry");
  CHECK(lie("needed versions", 2, 3, 2) == "integrity: DT_VERNEED: 1 versions of an entry are missing");
}

TEST_CASE("every number at every place may lie, and a file may end anywhere") {
  for (const bool is_64 : {true, false}) {
    SmallElf small;
    small.is_64 = is_64;
    const std::string bytes = small.build();
    for (std::size_t at = 4; at < bytes.size(); ++at)
      for (const std::size_t width : {1u, 2u, 4u, 8u})
        for (const auto value : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0x7f}, std::uint64_t{1} << 31}) {
          if (at % width != 0 || at + width > bytes.size()) continue;
          std::string changed = bytes;
          for (std::size_t i = 0; i < width; ++i) changed[at + i] = static_cast<char>(value >> 8 * i);
          check_any(changed);
        }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      check_any(bytes.substr(0, size));
      if (size >= 4) CHECK(error_in_elf(bytes.substr(0, size)) != "nothing");
    }
  }
}

TEST_CASE("a table of many entries that all name the same long text is refused in a moment") {
  SmallElf small;
  small.hash = SmallElf::Hash::sysv;
  small.build();
  const auto start = std::chrono::steady_clock::now();
  const std::size_t symbols = 1'000'000, text = 60'000;
  const std::size_t end = (small.bytes().size() + 7) / 8 * 8;
  small.put(end + symbols * 24 + text, 0, 1);
  std::string bytes = small.bytes();
  for (std::size_t i = 0; i < symbols; ++i) bytes[end + i * 24 + 4] = STB_GLOBAL << 4;
  std::fill_n(bytes.begin() + std::ptrdiff_t(end + symbols * 24), text, 'x');
  const auto set = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
  };
  set(small.value_of(DT_SYMTAB), SmallElf::base + end, 8);
  set(small.value_of(DT_STRTAB), SmallElf::base + end + symbols * 24, 8);
  set(small.value_of(DT_STRSZ), text + 1, 8);
  set(small.value_of(DT_VERSYM) - 8, DT_DEBUG, 8);
  set(small.at["hash"] + 4, symbols, 4);
  set(small.at["segment 0"] + 32, bytes.size(), 8);
  for (const auto tag : {DT_SONAME, DT_RUNPATH, DT_NEEDED, DT_VERDEFNUM, DT_VERNEEDNUM})
    set(small.value_of(unsigned(tag)), 0, 8);
  CHECK(error_in_elf(bytes) == "integrity: its names exceed the memory limit");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5) * FN_PATIENCE);
}

TEST_CASE("a file of any size costs 256 MiB of tables at most") {
  // Zeros wherever the small file has nothing: they are symbols without a name.
  class Endless final : public Source {
   public:
    explicit Endless(std::string bytes) : bytes_(std::move(bytes)) {}
    std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
      std::memset(out.data(), 0, out.size());
      MemorySource(bytes_).read_at(offset, out);
      read += out.size();
      return out.size();
    }
    std::uint64_t read = 0;

   private:
    std::string bytes_;
  };
  SmallElf small;
  small.hash = SmallElf::Hash::sysv;
  small.build();
  small.put(small.at["segment 0"] + 32, std::uint64_t{1} << 50, 8);
  small.put(small.at["hash"] + 4, 1 << 30, 4);
  Endless source(small.bytes());
  CHECK(error_of([&] { read_facts(source); }) == "integrity: DT_SYMTAB: its tables exceed the memory limit");
  CHECK(source.read < std::uint64_t{260} << 20);
}
