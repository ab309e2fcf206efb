// SPDX-License-Identifier: Apache-2.0
#include "layer/codec_facts.hpp"
#include "layer/compressor.hpp"
#include "layer/decompress.hpp"
#include "layer/raw_headers.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

RawHeaders headers_of(const std::string& member) {
  PieceSource source(member + trailer());
  TarReader reader(source);
  REQUIRE(reader.next());
  return reader.raw_headers();
}

Bytes trailer_of(const std::string& tar) {
  PieceSource source(tar);
  TarReader reader(source);
  while (reader.next()) continue;
  return reader.trailer();
}

std::string compressed(const char* codec, const std::string& text) {
  std::vector<std::byte> out;
  Compressor::make(Codec::parse(codec))->compress(std::as_bytes(std::span(text)), out);
  return text_of(out);
}

std::uint64_t parts_of(const std::string& blob, oci::Compression compression) {
  PieceSource source(blob);
  std::uint64_t parts = 0;
  drain(*decompress(source, compression, {}, &parts));
  return parts;
}

template <typename Read>
auto facts_of(const std::string& blob, const Read& read) {
  PieceSource source(blob, 7);
  return read(source);
}

}  // namespace

TEST_CASE("an entry's raw headers are its own bytes in the tar") {
  const std::string plain = RawHeader("a", '0', 0).posix().str();
  const RawHeaders headers = headers_of(plain);
  CHECK(std::string(headers.block.data(), headers.block.size()) == plain);
  CHECK(headers.before.empty());
  CHECK(format_name(headers) == "ustar");

  CHECK(format_name(headers_of(RawHeader("a", '0', 0).str())) == "gnu");
  CHECK(format_name(headers_of(RawHeader("a", '0', 0).put(257, std::string(8, '\0')).str())) == "v7");
  const std::string records = pax_record("atime", "1.5") + pax_record("atime", "2");
  const RawHeaders extended = headers_of(pax(records) + plain);
  CHECK(format_name(extended) == "pax");
  REQUIRE(extended.before.size() == 1);
  CHECK(extended.before.front().content == records);
  CHECK(pax_records(extended) == std::map<std::string, std::string>{{"atime", "2"}});
}

TEST_CASE("names of owners come from PAX, else from the header") {
  RawHeader header("a", '0', 0);
  header.posix().put(265, "alice").put(297, "users");
  CHECK(owner_name(headers_of(header.str())) == "alice");
  CHECK(group_name(headers_of(header.str())) == "users");
  const RawHeaders extended = headers_of(pax(pax_record("uname", "bob")) + header.str());
  CHECK(owner_name(extended) == "bob");
  CHECK(group_name(extended) == "users");
  CHECK(owner_name(headers_of(header.put(257, std::string(8, '\0')).str())).empty());
}

TEST_CASE("the raw headers are those of the current entry") {
  PieceSource source(pax(pax_record("comment", "x")) + member_of(file("a", "text")) + member_of(file("b", "")) +
                     trailer());
  TarReader reader(source);
  REQUIRE(reader.next());
  CHECK(reader.raw_headers().before.size() == 1);
  REQUIRE(reader.next());
  CHECK(reader.raw_headers().before.empty());
  CHECK(field_text(reader.raw_headers().block, tar_field::name) == "b");
}

TEST_CASE("the trailer is what follows the last entry") {
  const std::string member = member_of(file("a", std::string(70000, 'x')));
  CHECK(trailer_of(member) == 0);
  CHECK(trailer_of(member + trailer()) == 1024);
  CHECK(trailer_of(member + std::string(512, '\0')) == 512);
  CHECK(trailer_of(member + std::string(300000, '\0')) == 300000);
  CHECK(trailer_of(trailer()) == 1024);
}

TEST_CASE("what a gzip header says") {
  const std::string plain("\x1f\x8b\x08\x00\x78\x56\x34\x12\x02\x03", 10);
  const GzipHeader header = facts_of(plain, read_gzip_header);
  CHECK(header.mtime == 0x12345678);
  CHECK(header.extra_flags == 2);
  CHECK(header.system == 3);
  CHECK(header.size == 10);
  const std::string full = std::string("\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\xff", 10) + std::string("\x02\x00xy", 4) +
                           "name" + '\0' + "why" + '\0' + "hc";
  const GzipHeader all = facts_of(full, read_gzip_header);
  CHECK(all.name == "name");
  CHECK(all.comment == "why");
  CHECK(all.has_extra);
  CHECK(all.size == full.size());
  for (std::size_t length = 0; length < full.size(); ++length)
    CHECK_FALSE(error_of(Kind::integrity, [&] { facts_of(full.substr(0, length), read_gzip_header); }).empty());
  CHECK_FALSE(error_of(Kind::integrity, [&] { facts_of("PK\x03\x04 something", read_gzip_header); }).empty());
}

TEST_CASE("zstd frames are counted without decoding") {
  const std::string text(300000, 'x');
  const std::string frame = compressed("zstd:3", text);
  const std::string skippable(
      "\x5a\x2a\x4d\x18\x03\x00\x00\x00"
      "abc",
      11);
  const ZstdFrames one = facts_of(frame, read_zstd_frames);
  CHECK(one.frames == 1);
  CHECK(one.with_content_size == 1);
  CHECK(one.with_checksum == 0);
  CHECK(one.blocks == 3);
  const ZstdFrames several = facts_of(frame + skippable + frame + std::string(9, '\0'), read_zstd_frames);
  CHECK(several.frames == 2);
  CHECK(several.skippable == 1);
  CHECK(several.blocks == 6);
  for (std::size_t length = 1; length < frame.size(); ++length)
    CHECK_FALSE(error_of(Kind::integrity, [&] { facts_of(frame.substr(0, length), read_zstd_frames); }).empty());
  CHECK_FALSE(error_of(Kind::integrity, [&] { facts_of(frame + "garbage", read_zstd_frames); }).empty());
}

TEST_CASE("decoders count members and frames") {
  const std::string text(100000, 'x');
  const std::string member = compressed("gzip:4", text);
  CHECK(parts_of(member, oci::Compression::gzip) == 1);
  CHECK(parts_of(member + member + member, oci::Compression::gzip) == 3);
  const std::string frame = compressed("zstd:3", text);
  CHECK(parts_of(frame + frame, oci::Compression::zstd) == 2);
  CHECK(parts_of(text, oci::Compression::none) == 0);
}
