// SPDX-License-Identifier: Apache-2.0
#include "layer/content.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;

namespace {

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (char& byte : bytes) byte = char((state = state * 6364136223846793005U + 1442695040888963407U) >> 56);
  return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Content in_pieces(std::string_view text, std::size_t piece) {
  ContentHasher hasher;
  for (std::size_t at = 0; at < text.size(); at += piece) hasher.update(bytes_of(text.substr(at, piece)));
  return hasher.finish();
}

}  // namespace

TEST_CASE("checksums are XXH3's, most significant byte first") {
  CHECK(hex(checksum_of({})) == "99aa06d3014798d86001c324468d497f");
  CHECK(hex(checksum_of(bytes_of("abc"))) == "06b05ab6733a618578af5f94892f3950");
}

TEST_CASE("a file has chunks from one byte over 512 KiB on, and pieces make no difference") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{512 * KiB - 1}, std::size_t{512 * KiB},
                                 std::size_t{512 * KiB + 1}, std::size_t{MiB}, std::size_t{MiB + 1}}) {
    CAPTURE(size);
    const std::string text = noise(size);
    const Content content = content_of(bytes_of(text));
    CHECK(content.digest == Sha256::of(text));
    CHECK(content.chunks.size() == (size <= chunk_size ? 0 : (size + chunk_size - 1) / chunk_size));
    for (std::size_t n = 0; n < content.chunks.size(); ++n)
      CHECK(content.chunks[n] == checksum_of(bytes_of(std::string_view(text).substr(n * chunk_size, chunk_size))));
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{chunk_size}, std::size_t{chunk_size - 1}, size})
      CHECK(in_pieces(text, piece) == content);
  }
}

TEST_CASE("a hasher that was moved from begins anew") {
  ContentHasher hasher;
  hasher.update(bytes_of(noise(chunk_size + 5)));
  const Content first = std::exchange(hasher, ContentHasher()).finish();
  CHECK(first.chunks.size() == 2);
  hasher.update(bytes_of("abc"));
  CHECK(hasher.finish() == content_of(bytes_of("abc")));
}
