// SPDX-License-Identifier: Apache-2.0
#include "elf_support.hpp"

#include <chrono>

using namespace fn;
using namespace fn::elf;

namespace {

void check_equal(const Facts& a, const Facts& b) {
  CHECK(a.word_bits == b.word_bits);
  CHECK(a.is_big_endian == b.is_big_endian);
  CHECK(a.machine == b.machine);
  CHECK(a.type == b.type);
  CHECK(a.flags == b.flags);
  CHECK(a.isa_needed == b.isa_needed);
  CHECK(a.interpreter == b.interpreter);
  CHECK(a.is_dynamic == b.is_dynamic);
  CHECK(a.soname == b.soname);
  CHECK(a.needed == b.needed);
  CHECK(a.rpath == b.rpath);
  CHECK(a.runpath == b.runpath);
  CHECK(a.has_runpath == b.has_runpath);
  CHECK(a.dt_flags == b.dt_flags);
  CHECK(a.dt_flags_1 == b.dt_flags_1);
  CHECK(a.defined_versions == b.defined_versions);
  CHECK(a.needed_versions == b.needed_versions);
  CHECK(a.symbols == b.symbols);
  CHECK(a.dlopen == b.dlopen);
}

// Symbols with these names, in order.
Facts named(const std::vector<std::string>& names) {
  Facts facts;
  for (const std::string& name : names) facts.names.insert(facts.names.end(), name.begin(), name.end());
  std::size_t at = 0;
  for (const std::string& name : names) {
    Symbol symbol;
    symbol.name = {facts.names.data() + at, name.size()};
    facts.symbols.push_back(symbol);
    at += name.size();
  }
  return facts;
}

}  // namespace

TEST_CASE("facts that are packed and unpacked are the same") {
  for (const bool is_64 : {true, false}) {
    SmallElf small;
    small.is_64 = is_64;
    small.is_big = !is_64;
    const auto facts = facts_of(small.build());
    check_equal(unpack(pack(*facts)), *facts);
  }
  check_equal(unpack(pack(Facts())), Facts());
}

TEST_CASE("facts at the edges of what a file can say are packed and unpacked") {
  Facts facts = named({"a", "aa", "aa", "ab", "b", std::string(65536, 'x'), "\xff"});
  facts.symbols[1].version = 3;
  facts.symbols[2].version = 0x7fff;
  facts.symbols[2].is_hidden = facts.symbols[2].is_defined = facts.symbols[2].is_weak = true;
  facts.flags = facts.isa_needed = 0xffffffff;
  facts.machine = facts.type = 0xffff;
  facts.dt_flags = facts.dt_flags_1 = ~std::uint64_t{0};
  facts.rpath = "/a:/b";
  facts.has_runpath = true;
  facts.needed = {"", "x"};
  facts.defined_versions = {{"", 0x7fff, true, true}};
  facts.dlopen = {{{}, DlopenNote::Priority::suggested, ""}, {{"a", "b"}, DlopenNote::Priority::required, "z"}};
  check_equal(unpack(pack(facts)), facts);
}

TEST_CASE("symbols of facts that were moved still have their names") {
  Facts facts = named({"first", "second"});
  Facts moved = std::move(facts);
  CHECK(moved.symbols[1].name == "second");
  moved = unpack(pack(moved));
  CHECK(moved.symbols[0].name == "first");
}

TEST_CASE("bytes that pack() can't have made are refused") {
  const std::string refused = "integrity: packed facts are corrupt", short_of = "integrity: packed data is corrupt";
  const std::string packed = pack(named({"ab", "ac"}));
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK(error_of([&] { unpack(packed.substr(0, size)); }) == short_of);
  CHECK(error_of([&] { unpack(packed + '\0'); }) == refused);
  // The end is: shared 0, shared 1, 5 bytes: "ab\0c\0".
  const auto with_end = [&](std::string_view end) {
    return error_of([&] { unpack(packed.substr(0, packed.size() - 8) + std::string(end)); });
  };
  using std::string_view_literals::operator""sv;
  CHECK(with_end("\0\1\5ab\0c\0"sv) == "nothing");
  CHECK(with_end("\0\1\5ab\0a\0"sv) == refused);     // not in order
  CHECK(with_end("\0\1\5ab\0b\0"sv) == refused);     // shares more than it says
  CHECK(with_end("\0\1\4ab\0\0"sv) == refused);      // shorter than the one before
  CHECK(with_end("\0\3\5ab\0c\0"sv) == refused);     // shares more than there is
  CHECK(with_end("\0\1\5abcd\0"sv) == refused);      // one name for two
  CHECK(with_end("\0\1\7ab\0c\0d\0"sv) == refused);  // three for two
}

TEST_CASE("any damage of packed facts gives facts or an error") {
  const std::string packed = pack(*facts_of(SmallElf().build()));
  for (std::size_t at = 0; at < packed.size(); ++at)
    for (int change = 1; change < 256; ++change) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const std::string said = error_of([&] {
        const Facts facts = unpack(damaged);
        if (pack(unpack(pack(facts))) != pack(facts)) FAIL_CHECK("packed otherwise");
      });
      if (said != "nothing" && !said.starts_with("integrity: packed ")) FAIL_CHECK(said);
    }
}

TEST_CASE("a few bytes can't stand for names without end") {
  // 100,000 names, each all of the 60,000 bytes before it and one more.
  std::string bytes = pack(Facts());
  bytes.resize(bytes.size() - 2);  // no symbols, no rests
  const auto number = [&](std::size_t value) {
    for (; value >= 128; value >>= 7) bytes += static_cast<char>(value % 128 + 128);
    bytes += static_cast<char>(value);
  };
  const std::size_t count = 100'000;
  number(count);
  bytes.append(count, '\0');
  for (std::size_t i = 0; i < count; ++i) number(i == 0 ? 0 : 60'000 + i - 1);
  number(60'000 + 1 + 2 * (count - 1));
  bytes += std::string(60'000, 'x') + '\0';
  for (std::size_t i = 1; i < count; ++i) bytes += std::string("x\0", 2);
  CHECK(error_of([&] { unpack(bytes); }) == "integrity: packed facts are corrupt");
}

TEST_CASE("330,000 symbols are unpacked in no time to speak of") {
  std::vector<std::string> names;
  for (int i = 0; i < 330'000; ++i) names.push_back(fmt::format("_ZN4some4name{:06}spaceE", i));
  const std::string packed = pack(named(names));
  CHECK(packed.size() < 330'000 * 15);
  const auto start = std::chrono::steady_clock::now();
  const Facts facts = unpack(packed);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500) * FN_PATIENCE);
  CHECK(facts.symbols.back().name == names.back());
}
