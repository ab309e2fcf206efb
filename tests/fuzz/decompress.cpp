// SPDX-License-Identifier: Apache-2.0
// The first byte chooses: gzip, zstd or nothing, and any bytes to be decoded, within the limit; or bytes that are
// compressed first and must come out again.
#include "layer/decompress.hpp"

#include "fuzz.hpp"
#include "layer/compressor.hpp"
#include "tar_bytes.hpp"

using namespace fn;
using namespace fn::layer;
using oci::Compression;

namespace {

constexpr ExpansionLimits limits{.max_bytes = 2 * MiB, .max_ratio = 2000};

std::string decode(std::string_view bytes, Compression compression, std::size_t piece) {
  fuzz::MemorySource source(bytes, piece);
  const auto decoder = decompress(source, compression, limits);
  std::string all;
  std::vector<std::byte> buffer(piece == 1 ? 300 * KiB : 4 * KiB);  // a large one takes another way
  while (const std::size_t got = decoder->read(buffer)) {
    all.append(reinterpret_cast<const char*>(buffer.data()), got);
    fuzz::require(all.size() <= limits.max_bytes, "more than the limit comes out");
  }
  return all;
}

std::string encode(std::string_view bytes, Compression compression) {
  const auto compressor = Compressor::make({.compression = compression, .level = 1});
  std::vector<std::byte> out;
  std::string all;
  // Two members or frames.
  for (const std::string_view part : {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)}) {
    compressor->compress(std::as_bytes(std::span(part)), out);
    all.append(reinterpret_cast<const char*>(out.data()), out.size());
  }
  return all;
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  Choices choices(input);
  const unsigned first = choices.roll(256);
  const auto compression = std::array{Compression::gzip, Compression::zstd, Compression::none}[first % 3];
  const std::size_t piece = std::array<std::size_t, 3>{1, 100, 1 * MiB}[first / 3 % 3];
  const std::string_view bytes = choices.rest();
  if (first < 200) {
    accepted([&] { return decode(bytes, compression, piece); });
  } else {
    require(decode(encode(bytes, compression), compression, piece) == bytes, "other bytes come out than went in");
  }
}
