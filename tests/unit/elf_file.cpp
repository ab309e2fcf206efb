// SPDX-License-Identifier: Apache-2.0
#include "elf_support.hpp"
#include "scratch.hpp"

#include <array>

using namespace fn;
using namespace fn::elf;

namespace {

using Names = std::vector<std::string>;

void check_small(SmallElf small) {
  CAPTURE(small.is_64);
  CAPTURE(small.is_big);
  CAPTURE(int(small.hash));
  const auto facts = facts_of(small.build());
  REQUIRE(facts);
  CHECK(facts->word_bits == (small.is_64 ? 64 : 32));
  CHECK(facts->is_big_endian == small.is_big);
  CHECK(facts->machine == small.machine);
  CHECK(facts->type == ET_DYN);
  CHECK(facts->flags == 0x5000400);
  CHECK(facts->isa_needed == (small.machine == EM_X86_64 ? 4 : 0));
  CHECK(facts->interpreter == "/lib/ld.so.9");
  CHECK(facts->is_dynamic);
  CHECK(facts->soname == "libsmall.so.1");
  CHECK(facts->needed == Names{"libc.so.6"});
  CHECK(facts->rpath == "");
  CHECK(facts->runpath == "$ORIGIN/lib");
  CHECK(facts->has_runpath);
  CHECK(facts->dt_flags == DF_BIND_NOW);
  CHECK(facts->dt_flags_1 == DF_1_NODEFLIB);
  CHECK(facts->defined_versions ==
        std::vector<Version>{{"libsmall.so.1", 1, true, false}, {"SMALL_1", 2, false, false}});
  CHECK(facts->needed_versions ==
        std::vector<VersionNeed>{{"libc.so.6", {{"GLIBC_2.0", 3, false, false}, {"GLIBC_2.9", 4, false, true}}}});
  CHECK(symbols_of(*facts) == Names{"maybe U W", "puts@GLIBC_2.0 U", "small W", "small@@SMALL_1"});
  REQUIRE(facts->dlopen.size() == 2);
  CHECK(facts->dlopen[0] == DlopenNote{{"liba.so.1", "libb.so.2"}, DlopenNote::Priority::required, "f"});
  CHECK(facts->dlopen[1] == DlopenNote{{"c"}, DlopenNote::Priority::recommended, ""});
}

}  // namespace

TEST_CASE("both classes, both byte orders, and every way to count symbols") {
  for (const bool is_64 : {true, false})
    for (const bool is_big : {true, false})
      for (const auto hash : {SmallElf::Hash::gnu, SmallElf::Hash::sysv, SmallElf::Hash::none}) {
        SmallElf small;
        small.is_64 = is_64;
        small.is_big = is_big;
        small.hash = hash;
        check_small(small);
      }
}

TEST_CASE("a hash table of 64-bit words, as on s390x; and the ISA level is that of x86 only") {
  SmallElf small;
  small.is_big = true;
  small.machine = EM_S390;
  small.hash = SmallElf::Hash::sysv_wide;
  check_small(small);
}

TEST_CASE("the relative relocations in front are not read, as they name no symbol") {
  SmallElf small;
  small.hash = SmallElf::Hash::none;
  small.build();
  small.put(small.value_of(DT_FLAGS_1) - 8, DT_RELACOUNT, 8);
  small.put(small.value_of(DT_FLAGS_1), 2, 8);
  CHECK(facts_of(small.bytes())->symbols.size() == 4);
  small.put(small.at["relocations"] + 2 * 24 + 12, 3, 4);  // the last one names symbol 3
  CHECK(symbols_of(*facts_of(small.bytes())) == Names{"maybe U W", "puts@GLIBC_2.0 U"});
}

TEST_CASE("what is not ELF has no facts, whatever it is") {
  for (const std::string_view bytes : {"", "\x7f",
                                       "\x7f"
                                       "EL",
                                       "#!/bin/sh\n",
                                       "\x7f"
                                       "ELG and more of it"}) {
    CHECK_FALSE(facts_of(bytes));
    CHECK(streamed(bytes, 2).outcome == FactsFromStream::Outcome::not_elf);
  }
}

TEST_CASE("objects, cores and static programs have facts, but nothing dynamic") {
  SmallElf small;
  small.build();
  for (const auto type : {ET_CORE, ET_REL}) {
    small.put(16, unsigned(type), 2);
    small.put(56, type == ET_CORE ? 0xffff : 0, 2);  // e_phnum
    const auto facts = facts_of(small.bytes());
    REQUIRE(facts);
    CHECK_FALSE(facts->is_dynamic);
    CHECK(facts->type == type);
    CHECK(facts->symbols.empty());
  }
  small.build();
  small.put(small.at["segment 2"], PT_NULL, 4);
  CHECK_FALSE(facts_of(small.bytes())->is_dynamic);
  CHECK(facts_of(small.bytes())->interpreter == "/lib/ld.so.9");
}

TEST_CASE("a file of debug information has the headers, but none of the bytes that they speak of") {
  SmallElf small;
  small.build();
  for (const auto* segment : {"segment 0", "segment 1", "segment 2"}) small.put(small.at[segment] + 32, 0, 8);
  CHECK_FALSE(facts_of(small.bytes())->is_dynamic);
}

TEST_CASE("addresses lead to bytes as segments are mapped: of two that overlap, the later one counts") {
  SmallElf small;
  small.build();
  // Another copy of the file behind it, mapped over the first one.
  const std::string first = small.bytes();
  const std::size_t begin = (first.size() + 7) / 8 * 8;
  small.put(begin, 0, 0);
  std::string both = small.bytes();
  both.resize(begin);
  std::string second = first;
  second.replace(second.find("libsmall.so.1"), 13, "liblater.so.1");
  second.replace(second.rfind("libsmall.so.1"), 13, "liblater.so.1");
  both += second;
  SmallElf patched = small;
  const auto set = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) both[at + i] = static_cast<char>(value >> 8 * i);
  };
  const std::size_t segment = small.at["segment 4"];
  set(segment, PT_LOAD, 4);
  set(segment + 8, begin, 8);
  set(segment + 32, first.size(), 8);
  set(segment + 16, SmallElf::base, 8);
  CHECK(facts_of(both)->soname == "liblater.so.1");
}

TEST_CASE("of several dynamic segments the last one counts that has bytes") {
  SmallElf small;
  small.build();
  for (const auto* segment : {"segment 1", "segment 3"}) small.put(small.at[segment], PT_DYNAMIC, 4);
  small.put(small.at["segment 3"] + 32, 0, 8);
  CHECK(facts_of(small.bytes())->soname == "libsmall.so.1");
  small.put(small.at["segment 3"] + 32, 16, 8);
  CHECK(error_in_elf(small.bytes()) == "integrity: PT_DYNAMIC: DT_NULL does not end it");
}

TEST_CASE("an open file has the facts of its bytes") {
  const Scratch scratch;
  const std::string bytes = SmallElf().build();
  scratch.write("small", bytes);
  const sys::Fd fd = sys::open_file(scratch.path("small"), O_RDONLY);
  FdSource source(fd.get(), "small");
  const auto facts = read_facts(source);
  REQUIRE(facts);
  CHECK(pack(*facts) == pack(*facts_of(bytes)));
  std::array<std::byte, 8> some;
  CHECK(source.read_at(bytes.size() - 3, some) == 3);
  CHECK(source.read_at(~std::uint64_t{0} - 3, some) == 0);
  FdSource closed(-1, "small");
  CHECK_THROWS_AS(read_facts(closed), Error);
}

TEST_CASE("an unknown priority is the usual one") {
  SmallElf small;
  small.dlopen = R"([{"soname":["a"],"priority":"vital"},{"soname":["b"],"priority":"suggested"}])";
  const auto facts = facts_of(small.build());
  CHECK(facts->dlopen[0].priority == DlopenNote::Priority::recommended);
  CHECK(facts->dlopen[1].priority == DlopenNote::Priority::suggested);
}
