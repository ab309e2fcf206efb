// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/source.hpp"

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::elf {

// How a file writes its numbers.
struct Format {
  bool is_64 = true;
  bool is_big_endian = false;
};

// The numbers of a structure, one after the other. `bytes` has as many as are asked for.
class Fields {
 public:
  Fields(Format format, std::string_view bytes) : format_(format), at_(bytes.data()) {}

  std::uint8_t u8() { return std::uint8_t(next(1)); }
  std::uint16_t u16() { return std::uint16_t(next(2)); }
  std::uint32_t u32() { return std::uint32_t(next(4)); }
  std::uint64_t u64() { return next(8); }
  std::uint64_t word() { return next(format_.is_64 ? 8 : 4); }  // an address, offset or size

 private:
  std::uint64_t next(unsigned width);

  Format format_;
  const char* at_;
};

struct Header {
  Format format;
  std::uint16_t type = 0, machine = 0;
  std::uint32_t flags = 0;
  std::uint64_t segments_offset = 0;
  std::uint64_t segments_size = 0;  // 0: the file has no segments, or is a core, whose segments no loader looks at

  static constexpr std::size_t max_size = sizeof(Elf64_Ehdr);
  // From the first bytes of a file, max_size unless it is shorter. Nothing without the magic; throws integrity.
  static std::optional<Header> parse(std::string_view bytes);
};

// A program header.
struct Segment {
  std::uint32_t type = 0, flags = 0;
  std::uint64_t offset = 0, address = 0, size = 0, align = 0;  // the size is that in the file
};

class Table;

// A file whose headers were read. Tables of it borrow it.
class Layout {
 public:
  // Throws integrity for wrong headers, as do all reads of a file that ends too early, and those of more than 256 MiB.
  static std::optional<Layout> open(Source& source);

  const Header& header() const { return header_; }
  const std::vector<Segment>& segments() const { return segments_; }
  // The first segment of a type; nullptr if there is none.
  const Segment* first(std::uint32_t type) const;

  // Bytes of the file from `offset` on. `what` is for errors and outlives the table.
  Table at_offset(std::string_view what, std::uint64_t offset, std::uint64_t size);
  // Bytes from a virtual address to the end of its PT_LOAD.
  Table at_address(std::string_view what, std::uint64_t address);

  // Accounts for a name that a file gives: short entries can refer to long names again and again. Throws integrity.
  void spend_name(std::size_t size);

 private:
  friend class Table;
  Layout(Source& source, std::string front) : source_(&source), front_(std::move(front)) {}
  void read_segments();
  // Appends between `least` and `most` bytes at `offset` to `out`.
  void read(std::string& out, std::uint64_t offset, std::size_t least, std::size_t most, std::string_view what);

  Source* source_;
  std::string front_;  // the first bytes of the file, where most of what is read lies
  Header header_;
  std::vector<Segment> segments_;
  std::uint64_t bytes_left_ = std::uint64_t{256} << 20;
  std::uint64_t names_left_ = std::uint64_t{256} << 20;
};

// A part of a file, read from its beginning as far as it is asked for.
class Table {
 public:
  // [at, at + size), valid until the next call. Throws integrity for what is outside, saying which table and where.
  std::string_view part(std::uint64_t at, std::uint64_t size);
  Fields fields(std::uint64_t at, std::size_t size) { return {layout_->header().format, part(at, size)}; }

 private:
  friend class Layout;
  Table(Layout& layout, std::string_view what, std::uint64_t offset, std::uint64_t size)
      : layout_(&layout), what_(what), offset_(offset), size_(size) {}

  Layout* layout_;
  std::string_view what_;
  std::uint64_t offset_, size_;
  std::string bytes_;
};

}  // namespace fn::elf
