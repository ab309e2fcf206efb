// SPDX-License-Identifier: Apache-2.0
// ELF files: the first byte chooses how many bytes come at once in a stream, the rest is the file. A stream has the
// facts of random access or knows that it lacks a part; facts that are packed and unpacked are the same. Any bytes as
// packed facts are unpacked or refused, and what was unpacked is what pack() makes them of.
#include "elf/file.hpp"
#include "elf/stream.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <span>

using namespace fn;
using namespace fn::elf;

namespace {

using Outcome = FactsFromStream::Outcome;

void check_stream(std::string_view file, std::size_t piece, const Facts* facts, bool refused) {
  FactsFromStream stream;
  for (std::string_view rest = file; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    stream.feed(std::as_bytes(std::span(rest.substr(0, piece))));
  const auto result = fuzz::accepted([&] { return stream.finish(); });
  if (!result) return fuzz::require(refused, "only the stream is refused");
  if (result->outcome == Outcome::incomplete) return;
  fuzz::require(!refused, "the stream is not refused");
  fuzz::require((result->outcome == Outcome::complete) == (facts != nullptr), "the stream is another kind of file");
  if (facts) fuzz::require(pack(result->facts) == pack(*facts), "the stream has other facts");
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  Choices choices(input);
  const std::size_t piece = 1 + choices.roll(255) * 7;
  const std::string_view bytes = choices.rest();
  if (const auto facts = accepted([&] { return unpack(bytes); }))
    require(pack(unpack(pack(*facts))) == pack(*facts), "unpacked facts are packed otherwise");
  MemorySource source(bytes);
  const auto read = accepted([&] { return read_facts(source); });
  const Facts* const facts = read && *read ? &**read : nullptr;
  check_stream(bytes, piece, facts, !read);
  if (!facts) return;
  const std::string packed = pack(*facts);
  require(pack(unpack(packed)) == packed, "facts are packed otherwise");
}
