// SPDX-License-Identifier: Apache-2.0
#include "layer/rows.hpp"

#include "base/error.hpp"

namespace fn::layer {
namespace {

constexpr std::uint64_t types = std::uint64_t(Type::fifo) + 1;

bool is_device(Type type) {
  return type == Type::char_device || type == Type::block_device;
}

std::uint32_t unpack_small(Unpacker& unpacker) {
  return std::uint32_t(unpacker.number_below(std::uint64_t{1} << 32));
}

File unpack_file(Unpacker& unpacker, std::string& last_path) {
  File file;
  Entry& entry = file.entry;
  unpacker.text_after(last_path);
  entry.path = last_path;
  entry.type = Type(unpacker.number_below(types));
  entry.mode = std::uint32_t(unpacker.number_below(010000));
  entry.uid = unpacker.number();
  entry.gid = unpacker.number();
  entry.mtime = unpacker.signed_number();
  entry.mtime_ns = std::uint32_t(unpacker.number_below(1'000'000'000));
  if (entry.type == Type::file) {
    entry.size = unpacker.number_below(max_file_size);
    if (entry.size > 0) file.content = unpack_content(unpacker, entry.size);
  } else if (entry.type == Type::symlink || entry.type == Type::hardlink) {
    entry.link = unpacker.text();
  } else if (is_device(entry.type)) {
    entry.device_major = unpack_small(unpacker);
    entry.device_minor = unpack_small(unpacker);
  }
  entry.xattrs = unpack_xattrs(unpacker);
  return file;
}

}  // namespace

void pack_content(Packer& packer, const Content& content) {
  packer.bytes(content.digest).number(content.chunks.size());
  for (const Checksum& chunk : content.chunks) packer.bytes(chunk);
}

Content unpack_content(Unpacker& unpacker, Bytes size) {
  Content content;
  unpacker.bytes(content.digest);
  const Bytes expected = size > chunk_size ? (size - 1) / chunk_size + 1 : 0;
  if (unpacker.number() != expected) fail(Kind::integrity, "the chunks of a file do not match its size");
  // Not resize(expected): a size may be a lie.
  for (Bytes n = 0; n < expected; ++n) unpacker.bytes(content.chunks.emplace_back());
  return content;
}

void pack_xattrs(Packer& packer, const Xattrs& xattrs) {
  packer.number(xattrs.size());
  for (const auto& [name, value] : xattrs) packer.text(name).text(value);
}

Xattrs unpack_xattrs(Unpacker& unpacker) {
  Xattrs xattrs;
  for (std::uint64_t count = unpacker.number(); count > 0; --count) {
    std::string name(unpacker.text());
    xattrs.emplace(std::move(name), std::string(unpacker.text()));
  }
  return xattrs;
}

RowWriter::RowWriter(Bytes tar_bytes, const ContinuedFile& continued) {
  packer_.number(tar_bytes).number(continued.bytes);
  if (continued.bytes > 0) packer_.bytes(continued.digest).number(continued.offset);
}

void RowWriter::add(const Entry& entry, const Content& content) {
  packer_.text_after(last_path_, entry.path)
      .number(std::uint64_t(entry.type))
      .number(entry.mode)
      .number(entry.uid)
      .number(entry.gid)
      .signed_number(entry.mtime)
      .number(entry.mtime_ns);
  if (entry.type == Type::file) {
    packer_.number(entry.size);
    if (entry.size > 0) pack_content(packer_, content);
  } else if (entry.type == Type::symlink || entry.type == Type::hardlink) {
    packer_.text(entry.link);
  } else if (is_device(entry.type)) {
    packer_.number(entry.device_major).number(entry.device_minor);
  }
  pack_xattrs(packer_, entry.xattrs);
  last_path_ = entry.path;
}

RowReader::RowReader(std::string_view rows) : unpacker_(rows) {
  // What tells segments with the same files apart: the tar's length, and the end of a file before them.
  unpacker_.number();
  if (unpacker_.number() == 0) return;
  Sha256::Value digest;
  unpacker_.bytes(digest);
  unpacker_.number();
}

std::optional<File> RowReader::next() {
  if (unpacker_.at_end()) return std::nullopt;
  return unpack_file(unpacker_, last_path_);
}

}  // namespace fn::layer
