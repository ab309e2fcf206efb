// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fn::elf {

// Facts of a file whose bytes come once, in order, as in a tar stream. Keeps at most 64 MiB of a file of any size, and
// nothing of one that is not ELF.
class FactsFromStream {
 public:
  enum class Outcome { not_elf, complete, incomplete };
  struct Result {
    Outcome outcome = Outcome::not_elf;
    Facts facts;  // of a complete one
  };

  // The next bytes of the file. Throws nothing but bad_alloc.
  void feed(std::span<const std::byte> bytes);
  // After the last byte: what read_facts() would return or throw for the file. Incomplete: a table lies where nothing
  // was kept, and read_facts() must read the file.
  Result finish();

 private:
  // Of the file's bytes [begin, end), those that came.
  struct Kept {
    std::uint64_t begin, end;
    std::string bytes;
  };
  class KeptSource;

  void collect_headers(std::string_view bytes);
  void choose_parts();
  void keep(std::uint64_t begin, std::uint64_t size);
  void merge();
  void add(std::uint64_t position, std::string_view bytes);

  enum class Phase { headers, chosen, not_elf } phase_ = Phase::headers;
  std::uint64_t position_ = 0;  // bytes that came
  std::uint64_t left_ = std::uint64_t{64} << 20;
  std::string front_;                // until the program headers are there
  std::uint64_t front_needed_ = 64;  // the ELF header, then the program headers, too
  std::vector<Kept> kept_;           // sorted, without overlaps
  std::size_t current_ = 0;          // the first of them that is not full
};

}  // namespace fn::elf
