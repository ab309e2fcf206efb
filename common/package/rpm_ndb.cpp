// SPDX-License-Identifier: Apache-2.0
#include "package/binary.hpp"
#include "package/readers.hpp"
#include "package/rpm_store.hpp"

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

void put_u32(std::string& bytes, std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
}

std::string blob_of(std::size_t package, const std::string& header) {
  std::string blob = "BlbS";
  put_u32(blob, package);
  put_u32(blob, 0);  // the time of its installation, which is none
  put_u32(blob, header.size());
  blob += header;
  const std::size_t size = (head_size + header.size() + tail_size + block - 1) / block * block;
  blob.resize(size - tail_size, '\0');
  put_u32(blob, adler32(blob));
  put_u32(blob, header.size());
  return blob + "BlbE";
}

}  // namespace

std::string make_rpm_store(const std::vector<std::string>& headers) {
  const std::size_t pages = (header_size + headers.size() * block) / page_size + 1;
  std::string store = "RpmP";
  for (const std::size_t number : {std::size_t{0}, std::size_t{1}, pages, headers.size() + 1}) put_u32(store, number);
  store.resize(header_size, '\0');
  std::string blobs;
  for (std::size_t n = 0; n < headers.size(); ++n) {
    const std::string blob = blob_of(n + 1, headers[n]);
    store += "Slot";
    put_u32(store, n + 1);
    put_u32(store, (pages * page_size + blobs.size()) / block);
    put_u32(store, blob.size() / block);
    blobs += blob;
  }
  while (store.size() < pages * page_size) (store += "Slot").resize(store.size() + block - 4, '\0');
  return store + blobs;
}

std::vector<std::string> rpm_headers(std::string_view store) {
  std::vector<std::string> headers;
  each_header_in_ndb(store, [&](std::string_view header) { headers.emplace_back(header); });
  return headers;
}

std::string rpm_place(std::string_view header) {
  const auto alone = [](std::string_view bytes, const HeaderVisitor& visit) { visit(bytes); };
  const std::vector<Package> packages = read_rpm(header, alone);
  if (packages.empty()) fail(Kind::integrity, "an RPM header without a package");
  return packages.front().name + ' ' + packages.front().architecture;
}

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
