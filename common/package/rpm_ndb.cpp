// SPDX-License-Identifier: Apache-2.0
#include "package/binary.hpp"
#include "package/readers.hpp"

// RPM's own store (SUSE): pages of slots at the front, each with the place of a blob, counted in blocks. All numbers
// are little-endian.
namespace fn::package {
namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t block = 16;  // a slot is as long
constexpr std::size_t header_size = 32;
constexpr std::size_t head_size = 16;  // of a blob: magic, package, time, length
constexpr std::size_t tail_size = 12;  // checksum, length, magic

void expect(const Binary& file, std::size_t at, std::string_view magic) {
  if (file.part(at, magic.size()) != magic) fail(Kind::integrity, "no '{}' at {}", magic, at);
}

// RFC 1950, section 9.
std::uint32_t adler32(std::string_view bytes) {
  std::uint64_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return static_cast<std::uint32_t>(b << 16 | a);
}

struct Slot {
  std::uint32_t package;
  std::size_t at;
  std::size_t size;
};

std::string_view header_in(const Binary& file, const Slot& slot) {
  file.part(slot.at, slot.size);
  expect(file, slot.at, "BlbS");
  const std::size_t length = file.u32(slot.at + 12);
  if (file.u32(slot.at + 4) != slot.package) fail(Kind::integrity, "a slot and its blob belong to different packages");
  if (slot.size != (head_size + length + tail_size + block - 1) / block * block)
    fail(Kind::integrity, "a slot and its blob differ in size");
  const std::size_t tail = slot.at + slot.size - tail_size;
  expect(file, tail + 8, "BlbE");
  if (file.u32(tail + 4) != length || file.u32(tail) != adler32(file.part(slot.at, slot.size - tail_size)))
    fail(Kind::integrity, "the checksum of package {} is wrong", slot.package);
  return file.part(slot.at + head_size, length);
}

}  // namespace

void each_header_in_ndb(std::string_view bytes, const HeaderVisitor& visit) {
  if (bytes.empty()) return;
  const Binary file(bytes, Binary::Order::little);
  expect(file, 0, "RpmP");
  if (file.u32(4) != 0) fail(Kind::integrity, "unknown format version {}", file.u32(4));
  const std::size_t slots_end = std::size_t{file.u32(12)} * page_size;
  if (slots_end == 0) fail(Kind::integrity, "it has no slots");
  file.part(0, slots_end);
  std::size_t left = file.size();
  for (std::size_t at = header_size; at < slots_end; at += block) {
    expect(file, at, "Slot");
    const Slot slot{file.u32(at + 4), std::size_t{file.u32(at + 8)} * block, std::size_t{file.u32(at + 12)} * block};
    if (slot.at == 0) continue;
    if (slot.at < slots_end || slot.size > left) fail(Kind::integrity, "slots overlap");
    left -= slot.size;
    visit(header_in(file, slot));
  }
}

}  // namespace fn::package
