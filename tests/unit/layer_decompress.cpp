// SPDX-License-Identifier: Apache-2.0
#include "layer/compressor.hpp"
#include "layer/decompress.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;
using oci::Compression;

namespace {

std::string packed(const std::string& codec, const std::string& text) {
  std::vector<std::byte> out;
  Compressor::make(Codec::parse(codec))->compress(std::as_bytes(std::span(text)), out);
  return text_of(out);
}

std::string unpacked(const std::string& bytes, Compression compression, std::size_t piece = 1 << 20,
                     const ExpansionLimits& limits = {}, std::size_t read_size = 65536) {
  PieceSource source(bytes, piece);
  const auto decoded = decompress(source, compression, limits);
  std::string text = read_all(*decoded, read_size);
  std::byte one{};
  CHECK(decoded->read({&one, 1}) == 0);
  return text;
}

std::string refused_stream(const std::string& bytes, Compression compression, const ExpansionLimits& limits = {}) {
  return error_of(Kind::integrity, [&] { unpacked(bytes, compression, 1 << 20, limits); });
}

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i * 7919);
  return text;
}

// RFC 8878, 3.1.2.
std::string skippable(const std::string& content) {
  std::string frame("\x5e\x2a\x4d\x18", 4);
  for (unsigned i = 0; i < 4; ++i) frame += static_cast<char>(content.size() >> (8 * i));
  return frame + content;
}

}  // namespace

TEST_CASE("many members or frames are one stream") {
  const std::string text = numbers(50'000);
  for (const auto& [codec, compression] :
       {std::pair{"gzip", Compression::gzip}, std::pair{"zstd", Compression::zstd}}) {
    std::string bytes = packed(codec, "");
    for (std::size_t at = 0; at < text.size(); at += 7001) bytes += packed(codec, text.substr(at, 7001));
    bytes += packed(codec, "");
    CHECK(unpacked(bytes, compression) == text);
    CHECK(unpacked(bytes, compression, 1) == text);
    CHECK(unpacked(bytes, compression, 1013) == text);
    CHECK(unpacked(bytes, compression, 1 << 20, {}, 1 << 20) == text);
    CHECK(unpacked(bytes, compression, 7, {}, 1) == text);
  }
}

TEST_CASE("every level decodes to what went in") {
  const std::string text = numbers(20'000);
  for (const char* codec : {"gzip:1", "gzip:6", "gzip:12"})
    CHECK(unpacked(packed(codec, text), Compression::gzip) == text);
  for (const char* codec : {"zstd:1", "zstd:9", "zstd:19"})
    CHECK(unpacked(packed(codec, text), Compression::zstd) == text);
  CHECK(unpacked(packed("none", text), Compression::none) == text);
}

TEST_CASE("a gzip header with every optional field (RFC 1952, 2.3)") {
  const std::string plain = packed("gzip", "abc");
  const std::string full = std::string("\x1f\x8b\x08\x1c\0\0\0\0\0\xff", 10) + std::string("\4\0SG\0\0", 6) +
                           std::string("name\0comment\0", 13) + plain.substr(10);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 20})
    CHECK(unpacked(full + plain, Compression::gzip, piece) == "abcabc");
}

TEST_CASE("skippable frames are passed over, wherever they stand") {
  const std::string frame = packed("zstd", "abc");
  const std::string skip = skippable(std::string(5000, 's'));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20}) {
    CHECK(unpacked(skip + frame + skip + skip + frame + skippable(""), Compression::zstd, piece) == "abcabc");
    CHECK(unpacked(skip, Compression::zstd, piece) == "");
  }
  CHECK(refused_stream(frame + skip.substr(0, 100), Compression::zstd) == "truncated zstd stream");
}

TEST_CASE("a stream cut at any byte is truncated") {
  const std::string text = numbers(200);
  for (const auto& [codec, compression] :
       {std::pair{"gzip", Compression::gzip}, std::pair{"zstd", Compression::zstd}}) {
    const std::string whole = packed(codec, text);
    for (std::size_t length = 1; length < whole.size(); ++length) {
      CAPTURE(length);
      CHECK(refused_stream(whole.substr(0, length), compression) == fmt::format("truncated {} stream", codec));
      CHECK(refused_stream(whole + whole.substr(0, length), compression) == fmt::format("truncated {} stream", codec));
    }
  }
}

TEST_CASE("a flipped bit is found") {
  std::string bytes = packed("gzip", numbers(2000));
  bytes[bytes.size() - 6] ^= 1;  // CRC
  CHECK(refused_stream(bytes, Compression::gzip) == "corrupt gzip stream: wrong checksum or length");
  bytes[bytes.size() - 6] ^= 1;
  bytes[bytes.size() - 1] ^= 1;  // length
  CHECK(refused_stream(bytes, Compression::gzip) == "corrupt gzip stream: wrong checksum or length");
  std::string frame = packed("zstd", numbers(2000));
  frame[7] = static_cast<char>(frame[7] | 6);  // the first block's type: 3 is reserved (RFC 8878, 3.1.1.2.2)
  CHECK(refused_stream(frame, Compression::zstd).starts_with("corrupt zstd stream"));
}

TEST_CASE("what is no stream of its kind") {
  CHECK(refused_stream("", Compression::gzip) == "not a gzip stream: it is empty");
  CHECK(refused_stream("", Compression::zstd) == "not a zstd frame: the stream is empty");
  CHECK(refused_stream("PK\3\4 and more of it", Compression::gzip) == "not a gzip stream");
  CHECK(refused_stream("PK\3\4 and more of it", Compression::zstd) == "not a zstd frame");
  CHECK(refused_stream(packed("zstd", "abc"), Compression::gzip) == "not a gzip stream");
  CHECK(refused_stream(packed("gzip", "abc"), Compression::zstd) == "not a zstd frame");
}

TEST_CASE("behind the stream zeros are padding and all else is garbage") {
  const std::string zeros(1000, '\0');
  CHECK(unpacked(packed("gzip", "abc") + zeros, Compression::gzip) == "abc");
  CHECK(unpacked(packed("zstd", "abc") + zeros, Compression::zstd) == "abc");
  CHECK(refused_stream(packed("gzip", "abc") + zeros + "x", Compression::gzip) == "garbage after the gzip stream");
  CHECK(refused_stream(packed("zstd", "abc") + zeros + "x", Compression::zstd) == "garbage after the zstd stream");
  CHECK(refused_stream(packed("gzip", "abc") + "garbage", Compression::gzip) == "garbage after the gzip stream");
  CHECK(refused_stream(packed("zstd", "abc") + "garbage", Compression::zstd) == "garbage after the zstd stream");
}

TEST_CASE("bombs are stopped by size and by ratio") {
  const std::string zeros(10 * MiB, '\0');
  const ExpansionLimits small{.max_bytes = 1'000'000};
  CHECK(refused_stream(packed("gzip", zeros), Compression::gzip, small) == "layer expands to more than 1.0 MB");
  CHECK(refused_stream(packed("zstd", zeros), Compression::zstd, small) == "layer expands to more than 1.0 MB");
  CHECK(refused_stream(zeros, Compression::none, small) == "layer expands to more than 1.0 MB");
  std::string bomb;
  for (int i = 0; i < 7; ++i) bomb += packed("zstd", zeros);
  CHECK(refused_stream(bomb, Compression::zstd, {.max_ratio = 2000}) ==
        "layer expands to more than 2000 times its size");
  CHECK(unpacked(bomb, Compression::zstd).size() == 70 * MiB);
  CHECK(unpacked(packed("zstd", zeros), Compression::zstd).size() == 10 * MiB);  // too little to count
}

TEST_CASE("the most that zstd can do is no bomb as long as it is small enough") {
  // Blocks of 128 KiB that repeat one byte, in four bytes each; an empty last block.
  std::string densest("\x28\xb5\x2f\xfd\x00\x38", 6);
  for (int n = 0; n < 800; ++n) densest += std::string("\x02\x00\x10x", 4);
  densest += std::string("\x01\x00\x00", 3);
  CHECK(unpacked(densest, Compression::zstd) == std::string(100 * MiB, 'x'));
  CHECK(refused_stream(densest, Compression::zstd, {.max_bytes = 99 * MiB}) == "layer expands to more than 103.8 MB");
}

TEST_CASE("a zstd window of 2 GiB is refused before it is allocated") {
  // RFC 8878, 3.1.1.1.2: exponent 21, 2^(10 + 21) bytes.
  const std::string frame("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9);
  CHECK(refused_stream(frame, Compression::zstd) == "zstd frame needs a window of more than 134.2 MB");
}

TEST_CASE("how a file is compressed shows in its first bytes") {
  const auto sniff = [](std::string_view text) { return sniff_compression(std::as_bytes(std::span(text))); };
  CHECK(sniff(packed("gzip", "text")) == Compression::gzip);
  CHECK(sniff(packed("zstd", "text")) == Compression::zstd);
  CHECK(sniff("PK\3\4") == Compression::none);
  CHECK(sniff(std::string_view("\x28\xb5\x2f", 3)) == Compression::none);
  CHECK(sniff("") == Compression::none);
}
