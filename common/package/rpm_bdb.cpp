// SPDX-License-Identifier: Apache-2.0
#include "package/binary.hpp"
#include "package/readers.hpp"

#include <algorithm>
#include <bit>
#include <string>

// The hash tables of Berkeley DB, which RPM kept packages in before 4.16 (Amazon Linux 2, CentOS 7). Numbers are in the
// byte order of the machine that made the file. Its pages are gone through as they lie in the file; the chains of
// buckets lead to the same ones.
namespace fn::package {
namespace {

constexpr std::uint32_t hash_magic = 0x061561;
constexpr std::size_t page_header = 26;
constexpr std::size_t reference_size = 12;  // type, 3 unused, page, length

enum Page : std::uint32_t { hash_unsorted = 2, overflow = 7, hash_sorted = 13 };
enum Item : std::uint32_t { here = 1, off_page = 3 };

Binary::Order order_of(std::string_view bytes) {
  for (const auto order : {Binary::Order::little, Binary::Order::big})
    if (Binary(bytes, order).u32(12) == hash_magic) return order;
  fail(Kind::integrity, "not a Berkeley DB hash table");
}

class HashFile {
 public:
  explicit HashFile(std::string_view bytes) : bytes_(bytes, order_of(bytes)), order_(order_of(bytes)) {
    page_size_ = bytes_.u32(20);
    if (page_size_ < 512 || page_size_ > 65536 || !std::has_single_bit(page_size_))
      fail(Kind::integrity, "invalid page size: {} bytes", page_size_);
    if (bytes_.u8(24) != 0 || bytes_.u8(26) != 0) fail(Kind::integrity, "it is encrypted or has checksums");
    pages_ = bytes_.size() / page_size_;
    if (bytes_.u32(32) >= pages_) fail(Kind::integrity, "page {} is beyond its end", bytes_.u32(32));
    used_.resize(pages_);
  }

  void each(const HeaderVisitor& visit) {
    for (std::size_t number = 1; number <= bytes_.u32(32); ++number) {
      const Binary page = page_at(number);
      const std::uint32_t type = page.u8(25);
      if (type == Page::hash_unsorted || type == Page::hash_sorted) each_in(page, number, visit);
    }
  }

 private:
  Binary page_at(std::size_t number) const {
    if (number == 0 || number >= pages_) fail(Kind::integrity, "page {} does not exist", number);
    return {bytes_.part(number * page_size_, page_size_), order_};
  }

  // Keys and values in turns, from the end of the page on.
  void each_in(const Binary& page, std::size_t number, const HeaderVisitor& visit) {
    const std::size_t count = page.u16(20);
    if (page.u32(8) != number || count % 2 != 0) fail(Kind::integrity, "page {} is corrupt", number);
    std::size_t end = page_size_;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = page.u16(page_header + 2 * i);
      if (begin >= end || begin < page_header + 2 * count)
        fail(Kind::integrity, "page {} has an item outside its bounds", number);
      const Binary item(page.part(begin, end - begin), order_);
      if (i % 2 == 0) {
        is_package_ = is_package_key(item);
      } else if (is_package_) {
        visit_value(item, visit);
      }
      end = begin;
    }
  }

  // Number 0 has the last number that was given away.
  static bool is_package_key(const Binary& item) {
    if (item.u8(0) != Item::here || item.size() != 5) fail(Kind::integrity, "a key is not a number");
    return item.u32(1) != 0;
  }

  void visit_value(const Binary& item, const HeaderVisitor& visit) {
    if (item.u8(0) == Item::here) return visit(item.part(1, item.size() - 1));
    if (item.u8(0) != Item::off_page || item.size() != reference_size)
      fail(Kind::integrity, "a value is of unknown type {}", item.u8(0));
    visit(gather(item.u32(4), item.u32(8)));
  }

  // A page belongs to one chain: so all together give no more than the file has.
  std::string gather(std::size_t number, std::size_t length) {
    std::string value;
    while (value.size() < length) {
      const Binary page = page_at(number);
      if (page.u8(25) != Page::overflow || page.u32(8) != number || used_[number])
        fail(Kind::integrity, "page {} is out of order in its chain", number);
      used_[number] = true;
      const std::size_t size = page.u16(22);
      if (size == 0 || size > length - value.size())
        fail(Kind::integrity, "page {} has an invalid length: {} bytes", number, size);
      value += page.part(page_header, size);
      number = page.u32(16);
    }
    return value;
  }

  Binary bytes_;
  Binary::Order order_;
  std::size_t page_size_ = 0;
  std::size_t pages_ = 0;
  std::vector<bool> used_;
  bool is_package_ = false;
};

}  // namespace

void each_header_in_bdb(std::string_view bytes, const HeaderVisitor& visit) {
  if (bytes.empty()) return;
  HashFile(bytes).each(visit);
}

}  // namespace fn::package
