// SPDX-License-Identifier: Apache-2.0
// Where things are in an ELF file: the System V gABI's ELF header and program headers.
//
// Nothing that a file says is believed before the bytes are there: a Table grows while it is read, so that a size of
// many gigabytes in a short file costs nothing, and all tables of a file share one budget.
#include "elf/layout.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fn::elf {
namespace {

constexpr std::size_t front_size = 16384;
constexpr std::size_t first_step = 4096;
constexpr std::size_t max_step = std::size_t{1} << 20;
// Linux refuses to start programs with more.
constexpr std::uint64_t max_segments_size = 65536;

template <typename Int>
std::uint64_t load(const char* at, bool is_big_endian) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  if (is_big_endian == (std::endian::native == std::endian::big)) return value;
  std::uint64_t swapped = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) swapped = swapped << 8 | ((value >> 8 * i) & 0xff);
  return swapped;
}

std::span<std::byte> bytes_of(std::string& text, std::size_t from) {
  return std::as_writable_bytes(std::span(text)).subspan(from);
}

// Where a program header has the flags depends on the class.
Segment parse_segment(Format format, std::string_view bytes) {
  Fields fields(format, bytes);
  Segment segment;
  segment.type = fields.u32();
  if (format.is_64) segment.flags = fields.u32();
  segment.offset = fields.word();
  segment.address = fields.word();
  fields.word();  // p_paddr
  segment.size = fields.word();
  fields.word();  // p_memsz
  if (!format.is_64) segment.flags = fields.u32();
  segment.align = fields.word();
  return segment;
}

Format parse_ident(std::string_view bytes) {
  if (bytes.size() < EI_NIDENT) fail(Kind::integrity, "ELF header: the file ends after {} bytes", bytes.size());
  const auto byte = [&](int at) { return unsigned{static_cast<unsigned char>(bytes[std::size_t(at)])}; };
  if (byte(EI_CLASS) != ELFCLASS32 && byte(EI_CLASS) != ELFCLASS64)
    fail(Kind::integrity, "ELF header: unknown class {}", byte(EI_CLASS));
  if (byte(EI_DATA) != ELFDATA2LSB && byte(EI_DATA) != ELFDATA2MSB)
    fail(Kind::integrity, "ELF header: unknown byte order {}", byte(EI_DATA));
  if (byte(EI_VERSION) != EV_CURRENT) fail(Kind::integrity, "ELF header: unknown version {}", byte(EI_VERSION));
  return {byte(EI_CLASS) == ELFCLASS64, byte(EI_DATA) == ELFDATA2MSB};
}

}  // namespace

std::uint64_t Fields::next(unsigned width) {
  const char* const at = at_;
  at_ += width;
  switch (width) {
    case 1:
      return static_cast<unsigned char>(*at);
    case 2:
      return load<std::uint16_t>(at, format_.is_big_endian);
    case 4:
      return load<std::uint32_t>(at, format_.is_big_endian);
    default:
      return load<std::uint64_t>(at, format_.is_big_endian);
  }
}

std::optional<Header> Header::parse(std::string_view bytes) {
  if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG))) return std::nullopt;
  Header header;
  header.format = parse_ident(bytes);
  if (bytes.size() < (header.format.is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
    fail(Kind::integrity, "ELF header: the file ends after {} bytes", bytes.size());
  Fields fields(header.format, bytes.substr(EI_NIDENT));
  header.type = fields.u16();
  header.machine = fields.u16();
  fields.u32();   // e_version
  fields.word();  // e_entry
  header.segments_offset = fields.word();
  fields.word();  // e_shoff
  header.flags = fields.u32();
  fields.u16();  // e_ehsize
  const std::uint64_t entry = fields.u16(), count = fields.u16();
  if (count == 0 || header.type == ET_CORE) return header;
  const std::size_t expected = header.format.is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  if (entry != expected) fail(Kind::integrity, "ELF header: program headers of {} bytes, not {}", entry, expected);
  header.segments_size = count * entry;
  if (header.segments_size > max_segments_size)
    fail(Kind::integrity, "ELF header: {} program headers take more than {} bytes", count, max_segments_size);
  return header;
}

std::optional<Layout> Layout::open(Source& source) {
  std::string front(front_size, '\0');
  std::size_t filled = 0;
  while (filled < Header::max_size) {
    const std::size_t count = source.read_at(filled, bytes_of(front, filled));
    if (count == 0) break;
    filled += count;
  }
  front.resize(filled);
  const auto header = Header::parse(front);
  if (!header) return std::nullopt;
  Layout layout(source, std::move(front));
  layout.header_ = *header;
  layout.read_segments();
  return layout;
}

void Layout::read_segments() {
  const std::size_t entry = header_.format.is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  Table table = at_offset("program headers", header_.segments_offset, header_.segments_size);
  for (std::uint64_t at = 0; at < header_.segments_size; at += entry)
    segments_.push_back(parse_segment(header_.format, table.part(at, entry)));
}

const Segment* Layout::first(std::uint32_t type) const {
  const auto found = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.type == type; });
  return found == segments_.end() ? nullptr : &*found;
}

Table Layout::at_offset(std::string_view what, std::uint64_t offset, std::uint64_t size) {
  if (offset + size < offset) fail(Kind::integrity, "{}: {} bytes at {:#x} have no end", what, size, offset);
  return {*this, what, offset, size};
}

Table Layout::at_address(std::string_view what, std::uint64_t address) {
  // Of segments that overlap, the one that is mapped last hides the others.
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    const std::uint64_t within = address - segment->address;
    if (segment->type != PT_LOAD || address < segment->address || within >= segment->size) continue;
    if (segment->offset + segment->size < segment->offset)
      fail(Kind::integrity, "PT_LOAD: {} bytes at {:#x} have no end", segment->size, segment->offset);
    return {*this, what, segment->offset + within, segment->size - within};
  }
  fail(Kind::integrity, "{}: address {:#x} is not in the file", what, address);
}

void Layout::spend_name(std::size_t size) {
  if (size > names_left_) fail(Kind::integrity, "its names exceed the memory limit");
  names_left_ -= size;
}

void Layout::read(std::string& out, std::uint64_t offset, std::size_t least, std::size_t most, std::string_view what) {
  if (offset < front_.size()) {
    const std::size_t count = std::min(most, front_.size() - std::size_t(offset));
    out.append(front_, std::size_t(offset), count);
    if (count >= least) return;
    least -= count;
    most -= count;
    offset += count;
  }
  std::size_t filled = out.size();
  const std::size_t enough = filled + least;
  out.resize(filled + most);
  while (filled < enough) {
    const std::size_t count = source_->read_at(offset, bytes_of(out, filled));
    if (count == 0) fail(Kind::integrity, "{}: the file ends at {:#x}", what, offset);
    if (count > bytes_left_) fail(Kind::integrity, "{}: its tables exceed the memory limit", what);
    bytes_left_ -= count;
    filled += count;
    offset += count;
  }
  out.resize(filled);
}

std::string_view Table::part(std::uint64_t at, std::uint64_t size) {
  if (at > size_ || size > size_ - at)
    fail(Kind::integrity, "{}: {} bytes at {:#x} + {:#x} reach past the end", what_, size, offset_, at);
  while (bytes_.size() < at + size) {
    const std::uint64_t missing = at + size - bytes_.size();
    // More at once the longer it gets, so that growing it takes linear time.
    const std::uint64_t step = std::clamp(bytes_.size(), first_step, max_step);
    const std::uint64_t most =
        std::min(size_ - bytes_.size(), std::max(std::min<std::uint64_t>(missing, max_step), step));
    layout_->read(bytes_, offset_ + bytes_.size(), std::size_t(std::min(missing, most)), std::size_t(most), what_);
  }
  return std::string_view(bytes_).substr(std::size_t(at), std::size_t(size));
}

}  // namespace fn::elf
