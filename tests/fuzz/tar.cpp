// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tar. Each entry has the content that its size promises, and its header, written by us, reads the same.
#include "fuzz.hpp"
#include "layer/tar_reader.hpp"
#include "tar_bytes.hpp"

#include <cstdint>

using namespace fn;
using namespace fn::layer;
using fuzz::require;

namespace {

constexpr TarLimits limits{.max_entries = 100, .max_metadata = 64 * KiB, .max_path = 1000, .max_holes = 1 * MiB};

void check_form(std::string_view path, bool may_be_empty) {
  require(may_be_empty || !path.empty(), "an empty path");
  require(path.size() <= limits.max_path, "a path over the limit");
  const std::string framed = '/' + std::string(path) + '/';
  if (path.empty()) return;
  for (const char* part : {"//", "/./", "/../"}) require(framed.find(part) == framed.npos, "a path is not clean");
}

void check_entry(const Entry& entry) {
  check_form(entry.path, entry.type == Type::directory);
  if (entry.type == Type::hardlink) check_form(entry.link, false);
  require(entry.type == Type::file || entry.size == 0, "content of what has none");
  require(entry.mode <= 07777 && entry.mtime_ns < 1'000'000'000, "a number out of its range");
  const auto header = fuzz::accepted([&] { return fuzz::header_of(entry); });
  if (!header) return;  // a device number that no tar of ours holds
  fuzz::MemorySource source(*header);
  TarReader reader(source);
  require(reader.next() == entry, "an entry reads differently when it is written again");
}

std::size_t read_all(TarReader& reader) {
  std::size_t size = 0;
  std::byte buffer[4096];
  while (const std::size_t got = reader.read(buffer)) size += got;
  return size;
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  MemorySource source(input, 700);
  TarReader reader(source, limits);
  Bytes declared = 0;
  accepted([&] {
    while (const std::optional<Entry> entry = reader.next()) {
      check_entry(*entry);
      declared += entry->size;
      // Some contents are skipped, not read.
      if (entry->size % 3 != 1) require(read_all(reader) == entry->size, "content of another size");
    }
    require(declared <= input.size() + limits.max_holes, "more content than there can be");
    require(!reader.next(), "something comes after the end");
    return true;
  });
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Most changes break a checksum and would get no further. Sometimes whole blocks move.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  const std::size_t blocks = size / tar_block;
  if (seed % 8 == 1 && blocks > 1) {
    const std::size_t from = seed / 8 % blocks * tar_block;
    std::memmove(data + from, data + from + tar_block, size - from - tar_block);
    size -= tar_block;
  } else if (seed % 8 == 2 && blocks > 0 && size + tar_block <= max_size) {
    const std::size_t at = seed / 8 % blocks * tar_block;
    std::memmove(data + at + tar_block, data + at, size - at);
    size += tar_block;
  } else {
    size = LLVMFuzzerMutate(data, size, max_size);
  }
  if (seed % 16 != 0) fn::fuzz::repair_checksums({data, size});
  return size;
}
