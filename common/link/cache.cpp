// SPDX-License-Identifier: Apache-2.0
#include "link/cache.hpp"

#include "base/error.hpp"

#include <algorithm>

// Offsets in the layout of today count from its own header, which is not the start of a file that holds both; only the
// place of its extensions counts from there. Strings may overlap, so that a few bytes could stand for many: what they
// add up to is limited.
namespace fn::link {
namespace {

constexpr std::string_view old_magic = "ld.so-1.7.0";
constexpr std::string_view new_magic = "glibc-ld.so.cache1.1";
constexpr std::size_t old_header = 16, old_entry = 12;
constexpr std::size_t new_header = 48, new_entry = 24;
constexpr std::uint32_t extension_magic = 0xeaa42174;
constexpr std::uint32_t hwcaps_tag = 1;
constexpr std::uint64_t hwcap_tls = std::uint64_t{1} << 63;  // every loader has it
// In the upper half, beside ten bits of an ISA level; the lower half is the number of a folder.
constexpr std::uint32_t hwcap_is_folder = std::uint32_t{1} << 30, hwcap_isa_level = 0x3ff;
constexpr std::size_t max_strings = std::size_t{256} << 20;
constexpr std::size_t max_text = 4096;

class Bytes {
 public:
  Bytes(std::string_view all, Cache::Order order) : all_(all), order_(order) {}

  std::size_t size() const { return all_.size(); }
  std::string_view part(std::size_t at, std::size_t size) const {
    if (at > all_.size() || size > all_.size() - at) fail(Kind::integrity, "truncated at {} bytes", all_.size());
    return all_.substr(at, size);
  }
  bool has(std::size_t at, std::string_view magic) const {
    return at <= all_.size() && all_.substr(at).starts_with(magic);
  }
  std::uint8_t u8(std::size_t at) const { return static_cast<std::uint8_t>(part(at, 1)[0]); }
  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::size_t at) const { return number(at, 8); }

  std::string text(std::size_t at) {
    if (at >= all_.size()) fail(Kind::integrity, "a string at {} of {} bytes", at, all_.size());
    const std::size_t end = all_.substr(at, max_text + 1).find('\0');
    if (end == all_.npos) fail(Kind::integrity, "a string at {} does not end", at);
    if (end > strings_left_) fail(Kind::integrity, "its strings exceed the memory limit");
    strings_left_ -= end;
    return std::string(all_.substr(at, end));
  }

 private:
  std::uint64_t number(std::size_t at, std::size_t size) const {
    const std::string_view bytes = part(at, size);
    std::uint64_t value = 0;
    for (std::size_t n = 0; n < size; ++n) {
      const std::size_t next = order_ == Cache::Order::big ? n : size - 1 - n;
      value = value << 8 | static_cast<std::uint8_t>(bytes[next]);
    }
    return value;
  }

  std::string_view all_;
  Cache::Order order_;
  std::size_t strings_left_ = max_strings;
};

std::size_t count_of(const Bytes& file, std::size_t at, std::size_t first, std::size_t size) {
  const std::size_t count = file.u32(at);
  file.part(first, count * size);
  return count;
}

bool is_of_order(std::uint8_t flags, Cache::Order order) {
  const int mark = flags & 3;  // 0: from before 2.33, which did not tell
  return mark == 0 || mark == (order == Cache::Order::big ? 3 : 2);
}

// Names of the folders below glibc-hwcaps, by the number that entries have for them.
std::vector<std::string> read_folders(Bytes& file, std::size_t start) {
  std::vector<std::string> folders;
  const std::size_t at = file.u32(start + 32);
  if (at == 0) return folders;
  if (file.u32(at) != extension_magic) fail(Kind::integrity, "no extensions at {}", at);
  const std::size_t sections = count_of(file, at + 4, at + 8, 16);
  for (std::size_t section = at + 8; section < at + 8 + sections * 16; section += 16) {
    if (file.u32(section) != hwcaps_tag || !folders.empty()) continue;
    const std::size_t first = file.u32(section + 8), size = file.u32(section + 12);
    file.part(first, size);
    for (std::size_t n = 0; n + 4 <= size; n += 4) folders.push_back(file.text(start + file.u32(first + n)));
  }
  return folders;
}

std::vector<Cache::Entry> read_new(Bytes& file, std::size_t start) {
  const std::size_t count = count_of(file, start + 20, start + new_header, new_entry);
  const std::vector<std::string> folders = read_folders(file, start);
  std::vector<Cache::Entry> entries;
  entries.reserve(count);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t at = start + new_header + n * new_entry;
    Cache::Entry entry{file.text(start + file.u32(at + 4)), file.text(start + file.u32(at + 8)), file.u32(at),
                       file.u64(at + 16), ""};
    if ((entry.hwcap >> 32 & ~std::uint64_t{hwcap_isa_level}) == hwcap_is_folder) {
      const auto number = static_cast<std::uint32_t>(entry.hwcap);
      if (number >= folders.size()) fail(Kind::integrity, "entry {} is for folder {} of {}", n, number, folders.size());
      entry.hwcaps_folder = folders[number];
      entry.hwcap = 0;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Cache::Entry> read_old(Bytes& file) {
  const std::size_t count = count_of(file, 12, old_header, old_entry);
  const std::size_t strings = old_header + count * old_entry;
  std::vector<Cache::Entry> entries;
  entries.reserve(count);
  for (std::size_t at = old_header; at < strings; at += old_entry)
    entries.push_back(
        {file.text(strings + file.u32(at + 4)), file.text(strings + file.u32(at + 8)), file.u32(at), 0, ""});
  return entries;
}

}  // namespace

void Cache::add(Entry entry) {
  by_name_[entry.name].push_back(static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back(std::move(entry));
}

Cache Cache::read(std::string_view bytes, Order order) {
  Cache cache;
  Bytes file(bytes, order);
  std::vector<Entry> entries;
  if (file.has(0, new_magic)) {
    if (is_of_order(file.u8(28), order)) entries = read_new(file, 0);
  } else if (file.has(0, old_magic)) {
    const std::size_t count = count_of(file, 12, old_header, old_entry);
    const std::size_t behind = (old_header + count * old_entry + 7) / 8 * 8;
    if (!file.has(behind, new_magic))
      entries = read_old(file);
    else if (is_of_order(file.u8(behind + 28), order))
      entries = read_new(file, behind);
  }
  for (Entry& entry : entries) cache.add(std::move(entry));
  return cache;
}

std::optional<std::string_view> Cache::find(std::string_view name, std::uint32_t flags,
                                            std::span<const std::string> hwcaps) const {
  const auto named = by_name_.find(std::string(name));
  if (named == by_name_.end()) return std::nullopt;
  const Entry* best = nullptr;
  std::size_t best_rank = hwcaps.size() + 1;
  for (const std::uint32_t number : named->second) {
    const Entry& entry = entries_[number];
    // 1: ELF for any C library, which loaders take where one machine has one ABI.
    if (entry.flags != flags && !(flags == 3 && entry.flags == 1)) continue;
    if ((entry.hwcap & ~hwcap_tls) != 0) continue;
    std::size_t rank = hwcaps.size();
    if (!entry.hwcaps_folder.empty()) {
      const auto folder = std::find(hwcaps.begin(), hwcaps.end(), entry.hwcaps_folder);
      if (folder == hwcaps.end()) continue;
      rank = static_cast<std::size_t>(folder - hwcaps.begin());
    }
    if (rank >= best_rank) continue;
    best = &entry;
    best_rank = rank;
  }
  return best ? std::optional<std::string_view>(best->path) : std::nullopt;
}

}  // namespace fn::link
