// SPDX-License-Identifier: Apache-2.0
#include "elf_support.hpp"

using namespace fn;
using namespace fn::elf;

namespace {

using Outcome = FactsFromStream::Outcome;

// A file of `size` bytes with parts of the small one at `head` bytes into it: a stream that is never in memory at once.
Outcome outcome_of(const std::string& head, std::uint64_t size, std::string* soname = nullptr) {
  FactsFromStream stream;
  stream.feed(std::as_bytes(std::span(head)));
  const std::string zeros(1 << 20, '\0');
  for (std::uint64_t at = head.size(); at < size; at += zeros.size())
    stream.feed(std::as_bytes(std::span(zeros)).first(std::size_t(std::min<std::uint64_t>(zeros.size(), size - at))));
  auto result = stream.finish();
  if (soname) *soname = result.facts.soname;
  return result.outcome;
}

}  // namespace

TEST_CASE("a stream has the same facts, in pieces of any size") {
  for (const bool is_64 : {true, false}) {
    SmallElf small;
    small.is_64 = is_64;
    const std::string bytes = small.build();
    const std::string packed = pack(*facts_of(bytes));
    for (const std::size_t piece : {1u, 2u, 3u, 51u, 52u, 63u, 64u, 65u, 343u, 344u, 345u, 100'000u}) {
      const auto result = streamed(bytes, piece);
      CHECK(result.outcome == Outcome::complete);
      CHECK(pack(result.facts) == packed);
    }
  }
}

TEST_CASE("a stream that is not ELF is not kept, nor one that ends within the magic") {
  CHECK(outcome_of("#!/bin/sh\n", 300 << 20) == Outcome::not_elf);
  CHECK(outcome_of("\x7f"
                   "EL",
                   3) == Outcome::not_elf);
  CHECK(outcome_of("", 0) == Outcome::not_elf);
}

TEST_CASE("a file of any size: what is behind its tables is not kept") {
  SmallElf small;
  const std::string bytes = small.build();
  std::string soname;
  CHECK(outcome_of(bytes, std::uint64_t{1} << 30, &soname) == Outcome::complete);
  CHECK(soname == "libsmall.so.1");
}

TEST_CASE("tables that lie where nothing was kept make the facts incomplete, and never wrong") {
  SmallElf small;
  small.build();
  // All of it is code, and the strings are 20 MiB behind the beginning.
  small.put(small.at["segment 0"] + 4, PF_X | PF_R, 4);
  small.put(small.at["segment 0"] + 32, 100 << 20, 8);
  CHECK(outcome_of(small.bytes(), 100 << 20) == Outcome::complete);
  small.put(small.value_of(DT_STRTAB), SmallElf::base + (20 << 20), 8);
  CHECK(outcome_of(small.bytes(), 100 << 20) == Outcome::incomplete);
  // In data they are kept, but for what is too far behind.
  small.put(small.at["segment 0"] + 4, PF_R, 4);
  CHECK(outcome_of(small.bytes(), 100 << 20) == Outcome::complete);
  small.put(small.value_of(DT_STRTAB), SmallElf::base + (80 << 20), 8);
  CHECK(outcome_of(small.bytes(), 100 << 20) == Outcome::incomplete);
  // What no segment has is a lie, not a gap.
  small.put(small.value_of(DT_STRTAB), SmallElf::base + (200 << 20), 8);
  CHECK_THROWS_AS(outcome_of(small.bytes(), 100 << 20), Error);
}

TEST_CASE("program headers far behind are not waited for") {
  SmallElf small;
  small.build();
  small.put(32, 50 << 20, 8);
  CHECK(outcome_of(small.bytes(), 100 << 20) == Outcome::incomplete);
  CHECK_THROWS_AS(outcome_of(small.bytes(), 10 << 20), Error);
}
