// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/cache.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Writes /etc/ld.so.cache in each of its layouts.
namespace fn::link {

inline constexpr std::uint32_t x86_64 = 0x303, i386 = 3;

struct CacheLine {
  std::string name, path;
  std::uint32_t flags = x86_64;
  std::uint64_t hwcap = 0;
};

class Writer {
 public:
  explicit Writer(Cache::Order order) : order_(order) {}

  void u32(std::uint64_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void text(const std::string& text) { out += text; }
  void zeros(std::size_t count) { out.append(count, '\0'); }

  std::string out;

 private:
  void number(std::uint64_t value, std::size_t size) {
    for (std::size_t n = 0; n < size; ++n) {
      const std::size_t shift = order_ == Cache::Order::big ? size - 1 - n : n;
      out += static_cast<char>(value >> shift * 8 & 0xff);
    }
  }
  Cache::Order order_;
};

inline std::string old_layout(const std::vector<CacheLine>& lines, Cache::Order order = Cache::Order::little) {
  Writer file(order);
  file.text("ld.so-1.7.0");
  file.zeros(1);
  file.u32(lines.size());
  std::string strings;
  for (const CacheLine& line : lines) {
    file.u32(line.flags);
    file.u32(strings.size());
    strings += line.name + '\0';
    file.u32(strings.size());
    strings += line.path + '\0';
  }
  return file.out + strings;
}

// `before` is how far its header is from the start of the file.
inline std::string new_layout(const std::vector<CacheLine>& lines, Cache::Order order = Cache::Order::little,
                              char mark = 2, const std::vector<std::string>& folders = {}, std::size_t before = 0) {
  Writer file(order);
  std::size_t strings_at = 48 + lines.size() * 24;
  std::string strings;
  const auto text = [&](const std::string& value) {
    const std::size_t at = strings_at + strings.size();
    strings += value + '\0';
    return at;
  };
  file.text("glibc-ld.so.cache1.1");
  file.u32(lines.size());
  std::size_t size = 0;
  for (const CacheLine& line : lines) size += line.name.size() + line.path.size() + 2;
  for (const std::string& folder : folders) size += folder.size() + 1;
  file.u32(size);
  file.out += mark;
  file.zeros(3);
  const std::size_t extensions = (before + strings_at + size + 3) / 4 * 4;
  file.u32(folders.empty() ? 0 : extensions);
  file.zeros(12);
  for (const CacheLine& line : lines) {
    file.u32(line.flags);
    file.u32(text(line.name));
    file.u32(text(line.path));
    file.u32(0);
    file.u64(line.hwcap);
  }
  Writer more(order);
  if (!folders.empty()) {
    more.u32(0xeaa42174);
    more.u32(1);
    for (const std::size_t field : {std::size_t{1}, std::size_t{0}, extensions + 24, folders.size() * 4})
      more.u32(field);
    for (const std::string& folder : folders) more.u32(text(folder));
    strings.resize(extensions - before - strings_at, '\0');
  }
  return file.out + strings + more.out;
}

inline std::string both_layouts(const std::vector<CacheLine>& old_lines, const std::vector<CacheLine>& lines,
                                const std::vector<std::string>& folders = {}) {
  std::string file = old_layout(old_lines);
  // Its strings come behind those of the second.
  file.resize((16 + old_lines.size() * 12 + 7) / 8 * 8, '\0');
  return file + new_layout(lines, Cache::Order::little, 2, folders, file.size());
}

}  // namespace fn::link
