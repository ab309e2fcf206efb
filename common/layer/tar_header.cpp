// SPDX-License-Identifier: Apache-2.0
#include "layer/tar_header.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace fn::layer {
namespace {

// GNU's old sparse header, behind what it shares with ustar.
constexpr TarField sparse_extents{386, 24};
constexpr std::size_t sparse_extents_in_header = 4;
constexpr TarField sparse_is_extended{482, 1};
constexpr TarField sparse_real_size{483, 12};
constexpr std::size_t sparse_extents_in_block = 21;
constexpr TarField sparse_block_is_extended{504, 1};

std::string_view raw(const TarBlock& block, TarField field) {
  return {block.data() + field.offset, field.length};
}

// Up to the first NUL; a field that is full has none.
std::string_view text(const TarBlock& block, TarField field) {
  const std::string_view all = raw(block, field);
  return all.substr(0, all.find('\0'));
}

[[noreturn]] void fail_number(std::string_view what) {
  fail(Kind::integrity, "tar header: the {} is not a number", what);
}

// Two's complement, big endian, the top bit of the first byte set (GNU tar manual, "Extensions").
std::int64_t base_256(std::string_view digits, std::string_view what) {
  const bool negative = (static_cast<unsigned char>(digits.front()) & 0x40) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    auto byte = static_cast<unsigned char>(digits[i]);
    if (i == 0) byte = static_cast<unsigned char>(negative ? byte | 0x80 : byte & 0x7f);
    const std::uint64_t lost = value >> 55;
    if (lost != (negative ? std::uint64_t{0x1ff} : 0))
      fail(Kind::integrity, "tar header: the {} is out of range", what);
    value = value << 8 | byte;
  }
  return static_cast<std::int64_t>(value);
}

// Octal digits with blanks or NULs around them; none at all is 0.
std::int64_t number(const TarBlock& block, TarField field, std::string_view what) {
  std::string_view digits = raw(block, field);
  if ((static_cast<unsigned char>(digits.front()) & 0x80) != 0) return base_256(digits, what);
  const std::size_t first = digits.find_first_not_of(std::string_view(" \0", 2));
  if (first == std::string_view::npos) return 0;
  digits.remove_prefix(first);
  const std::size_t end = std::min(digits.find_first_of(std::string_view(" \0", 2)), digits.size());
  std::int64_t value = 0;
  for (const char c : digits.substr(0, end)) {
    if (c < '0' || c > '7') fail_number(what);
    value = value * 8 + (c - '0');
  }
  return value;
}

std::uint64_t unsigned_number(const TarBlock& block, TarField field, std::string_view what,
                              std::uint64_t largest = std::numeric_limits<std::int64_t>::max()) {
  const std::int64_t value = number(block, field, what);
  if (value < 0 || static_cast<std::uint64_t>(value) > largest)
    fail(Kind::integrity, "tar header: the {} is out of range", what);
  return static_cast<std::uint64_t>(value);
}

// Some old writers summed signed bytes.
void check_sum(const TarBlock& block) {
  std::int64_t sum = 0;
  std::int64_t signed_sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i - tar_field::checksum.offset < tar_field::checksum.length;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
    signed_sum += own ? ' ' : static_cast<signed char>(block[i]);
  }
  const std::int64_t given = number(block, tar_field::checksum, "checksum");
  if (given != sum && given != signed_sum) fail(Kind::integrity, "tar header: wrong checksum");
}

// POSIX has a prefix, star the first 131 bytes of it; GNU keeps other things there.
std::string full_name(const TarBlock& block) {
  const std::string_view name = text(block, tar_field::name);
  if (raw(block, tar_field::magic).substr(0, 6) != std::string_view("ustar\0", 6)) return std::string(name);
  const bool star = raw(block, {508, 4}) == std::string_view("tar\0", 4);
  const std::string_view prefix = text(block, {tar_field::prefix.offset, star ? 131 : tar_field::prefix.length});
  if (prefix.empty()) return std::string(name);
  std::string joined(prefix);
  joined += '/';
  joined += name;
  return joined;
}

// True if a list of extents ended before the block did.
bool add_extents(const TarBlock& block, TarField first, std::size_t count, std::vector<SparseExtent>& extents) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = first.offset + i * first.length;
    if (block[offset] == '\0' && block[offset + 12] == '\0') return true;
    extents.push_back({unsigned_number(block, {offset, 12}, "offset of sparse data"),
                       unsigned_number(block, {offset + 12, 12}, "size of sparse data")});
  }
  return false;
}

}  // namespace

bool is_zero(const TarBlock& block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

TarHeader decode_tar_header(const TarBlock& block) {
  check_sum(block);
  constexpr std::uint64_t largest_device = std::numeric_limits<std::uint32_t>::max();
  TarHeader header;
  header.type = block[tar_field::type.offset];
  header.name = full_name(block);
  header.link = text(block, tar_field::link);
  header.mode = static_cast<std::uint32_t>(unsigned_number(block, tar_field::mode, "mode") & 07777);
  header.uid = unsigned_number(block, tar_field::uid, "uid");
  header.gid = unsigned_number(block, tar_field::gid, "gid");
  header.size = unsigned_number(block, tar_field::size, "size");
  header.mtime = number(block, tar_field::mtime, "mtime");
  // Version 7 headers end before the device fields, and some writers leave other things there.
  if (header.type == '3' || header.type == '4') {
    header.device_major =
        static_cast<std::uint32_t>(unsigned_number(block, tar_field::device_major, "device number", largest_device));
    header.device_minor =
        static_cast<std::uint32_t>(unsigned_number(block, tar_field::device_minor, "device number", largest_device));
  }
  return header;
}

Bytes gnu_sparse_real_size(const TarBlock& header) {
  return unsigned_number(header, sparse_real_size, "real size");
}

bool gnu_sparse_header_extents(const TarBlock& header, std::vector<SparseExtent>& extents) {
  return !add_extents(header, sparse_extents, sparse_extents_in_header, extents) &&
         header[sparse_is_extended.offset] != '\0';
}

bool gnu_sparse_block_extents(const TarBlock& block, std::vector<SparseExtent>& extents) {
  return !add_extents(block, {0, 24}, sparse_extents_in_block, extents) &&
         block[sparse_block_is_extended.offset] != '\0';
}

}  // namespace fn::layer
