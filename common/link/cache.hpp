// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fn::link {

// /etc/ld.so.cache: where ldconfig saw which soname. Three layouts: that of libc5 and the first glibc 2
// ("ld.so-1.7.0"), today's ("glibc-ld.so.cache1.1"), and the first with the second behind it, of which a loader takes
// the second.
class Cache {
 public:
  enum class Order : bool { little, big };

  struct Entry {
    std::string name;
    std::string path;
    std::uint32_t flags = 0;
    std::uint64_t hwcap = 0;    // of the old kind, bit by bit
    std::string hwcaps_folder;  // "x86-64-v3": below glibc-hwcaps. "": for every machine
  };

  Cache() = default;

  // As a loader of this byte order reads it: bytes without the magic, and a cache of the other order, say nothing.
  // Throws integrity for one that is truncated or whose fields lie.
  static Cache read(std::string_view bytes, Order order);

  // The path that a loader of objects with these flags (cache_flags()) takes for a name: the entry of the best folder
  // in `hwcaps` (best first), else the one for every machine.
  std::optional<std::string_view> find(std::string_view name, std::uint32_t flags,
                                       std::span<const std::string> hwcaps = {}) const;
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of the file

 private:
  void add(Entry entry);

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_name_;
};

}  // namespace fn::link
