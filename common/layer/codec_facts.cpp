// SPDX-License-Identifier: Apache-2.0
#include "layer/codec_facts.hpp"

#include "base/error.hpp"
#include "layer/tar_buffer.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace fn::layer {
namespace {

constexpr std::size_t max_gzip_header = 64 * KiB;
constexpr Bytes max_zstd_block = 128 * KiB;

// Bytes and little-endian numbers of a stream.
class Fields {
 public:
  Fields(ByteSource& source, std::string_view what) : input_(source), what_(what) {}

  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }

  std::uint64_t number(std::size_t bytes) {
    std::array<std::byte, 8> buffer{};
    if (input_.read_full(std::span(buffer).first(bytes)) < bytes) fail_cut();
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(buffer[i]);
    return value;
  }

  void skip(Bytes count) {
    if (!input_.skip(count)) fail_cut();
  }

  // Four bytes, or nothing at the end of the stream; fewer are filled up with zeros.
  bool magic(std::uint32_t& value) {
    std::array<std::byte, 4> buffer{};
    if (input_.read_full(buffer) == 0) return false;
    value = 0;
    for (std::size_t i = buffer.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(buffer[i]);
    return true;
  }

  std::string text(std::size_t max) {
    std::string text;
    while (const std::uint8_t c = byte()) {
      if (text.size() == max) fail(Kind::integrity, "{}: name longer than {} bytes", what_, max);
      text += static_cast<char>(c);
    }
    return text;
  }

  TarBuffer& input() { return input_; }
  Bytes position() const { return input_.position(); }
  [[noreturn]] void fail_cut() const { fail(Kind::integrity, "{} is truncated", what_); }

 private:
  TarBuffer input_;
  std::string_view what_;
};

// The blocks of a frame and its checksum.
void walk_blocks(Fields& fields, bool has_checksum, ZstdFrames& found) {
  for (bool last = false; !last;) {
    const std::uint64_t header = fields.number(3);
    last = (header & 1) != 0;
    const std::uint64_t type = header >> 1 & 3;
    const Bytes size = header >> 3;
    if (type == 3 || size > max_zstd_block) fail(Kind::integrity, "corrupt zstd stream: a bad block");
    fields.skip(type == 1 ? 1 : size);  // one byte stands for a run
    ++found.blocks;
  }
  if (has_checksum) fields.skip(4);
}

void walk_frame(Fields& fields, ZstdFrames& found) {
  constexpr std::array<std::size_t, 4> dictionary_sizes{0, 1, 2, 4};
  const unsigned descriptor = fields.byte();
  const bool single_segment = (descriptor & 0x20) != 0;
  Bytes window = 0;
  if (!single_segment) {
    const unsigned byte = fields.byte();
    const Bytes base = Bytes{1} << (10 + (byte >> 3));
    window = base + base / 8 * (byte & 7);
  }
  fields.skip(dictionary_sizes[descriptor & 3]);
  const unsigned size_flag = descriptor >> 6;
  const std::size_t size_bytes = size_flag == 0 ? (single_segment ? 1 : 0) : std::size_t{1} << size_flag;
  if (size_bytes > 0) {
    const Bytes size = fields.number(size_bytes) + (size_bytes == 2 ? 256 : 0);
    if (single_segment) window = size;
    ++found.with_content_size;
  }
  found.largest_window = std::max(found.largest_window, window);
  const bool has_checksum = (descriptor & 4) != 0;
  ++found.frames;
  if (has_checksum) ++found.with_checksum;
  walk_blocks(fields, has_checksum, found);
}

}  // namespace

GzipHeader read_gzip_header(ByteSource& source) {
  Fields fields(source, "gzip header");
  if (fields.number(2) != 0x8b1f || fields.byte() != 8) fail(Kind::integrity, "not a gzip stream");
  const unsigned flags = fields.byte();
  GzipHeader header;
  header.mtime = static_cast<std::uint32_t>(fields.number(4));
  header.extra_flags = fields.byte();
  header.system = fields.byte();
  header.has_extra = (flags & 4) != 0;
  if (header.has_extra) fields.skip(fields.number(2));
  if ((flags & 8) != 0) header.name = fields.text(max_gzip_header);
  if ((flags & 16) != 0) header.comment = fields.text(max_gzip_header);
  if ((flags & 2) != 0) fields.skip(2);
  header.size = fields.position();
  return header;
}

ZstdFrames read_zstd_frames(ByteSource& source) {
  Fields fields(source, "zstd stream");
  ZstdFrames found;
  std::uint32_t magic = 0;
  while (fields.magic(magic)) {
    if (magic == 0xfd2fb528) {
      walk_frame(fields, found);
    } else if ((magic & 0xfffffff0) == 0x184d2a50) {
      fields.skip(fields.number(4));
      ++found.skippable;
    } else if (magic == 0 && fields.input().zeros_to_end()) {
      break;
    } else {
      fail(Kind::integrity, "not a zstd frame");
    }
  }
  return found;
}

}  // namespace fn::layer
