// SPDX-License-Identifier: Apache-2.0
#include "layer/compressor.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

TEST_CASE("a codec is a name and a level") {
  CHECK(Codec::parse("gzip").str() == "gzip:4");
  CHECK(Codec::parse("gzip:12").str() == "gzip:12");
  CHECK(Codec::parse("zstd").str() == "zstd:3");
  CHECK(Codec::parse("none").str() == "none");
}

TEST_CASE("the identity names the library that makes the bytes") {
  CHECK(Codec::parse("gzip:6").identity().starts_with("gzip:6 libdeflate 1."));
  CHECK(Codec::parse("zstd:6").identity().starts_with("zstd:6 libzstd 1."));
  CHECK(Codec::parse("none").identity() == "none");
}

TEST_CASE("codecs that are none say which there are") {
  const auto hint_of = [](const char* text) {
    try {
      Codec::parse(text);
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::usage);
      return fmt::format("{} ({})", error.what(), error.hint());
    }
    return std::string();
  };
  CHECK(hint_of("zst") == "unknown compression 'zst' (did you mean 'zstd'?)");
  CHECK(hint_of("xz") == "unknown compression 'xz' (use gzip[:LEVEL], zstd[:LEVEL] or none)");
  CHECK(hint_of("gzip:13") == "invalid compression level 'gzip:13' (gzip takes levels 1 to 12)");
  CHECK(hint_of("zstd:0") == "invalid compression level 'zstd:0' (zstd takes levels 1 to 19)");
  CHECK(hint_of("zstd:") == "invalid compression level 'zstd:' (zstd takes levels 1 to 19)");
  CHECK(hint_of("zstd:-1") == "invalid compression level 'zstd:-1' (zstd takes levels 1 to 19)");
  CHECK(hint_of("none:1").starts_with("invalid compression level 'none:1'"));
}

TEST_CASE("what was compressed before leaves no trace") {
  for (const char* name : {"gzip", "zstd", "none"}) {
    const auto used = Compressor::make(Codec::parse(name));
    const auto fresh = Compressor::make(Codec::parse(name));
    const std::string before(100'000, 'b');
    const std::string text = "some text, some other text";
    std::vector<std::byte> first, second;
    used->compress(std::as_bytes(std::span(before)), first);
    used->compress(std::as_bytes(std::span(text)), first);
    fresh->compress(std::as_bytes(std::span(text)), second);
    CHECK(first == second);
    CHECK_FALSE(first.empty());
  }
}
