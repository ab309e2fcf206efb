// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"
#include "base/text.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>

using namespace fn;

namespace {

constexpr auto abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace

TEST_CASE("SHA-256 answers the test vectors of FIPS 180") {
  CHECK(hex(Sha256::of("")) == empty);
  CHECK(hex(Sha256::of("abc")) == abc);
  CHECK(hex(Sha256::of(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("pieces hash like the whole") {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  CHECK(hex(hash.finish()) == abc);
}

TEST_CASE("a copy goes its own way from where it was made") {
  Sha256 hash;
  hash.update("ab");
  Sha256 copy(hash);
  copy.update("x");
  hash.update("c");
  CHECK(hex(hash.finish()) == abc);
  CHECK(hex(copy.finish()) == hex(Sha256::of("abx")));
}

TEST_CASE("an assigned hash forgets what it had") {
  Sha256 hash;
  hash.update("spoilt");
  hash = Sha256();
  CHECK(hex(hash.finish()) == empty);
}

TEST_CASE("a state that was kept goes on where it was, wherever that is") {
  std::string text;
  for (int n = 0; n < 200; ++n) text += char(n * 7);
  const std::string wanted = hex(Sha256::of(text));
  for (std::size_t length = 0; length <= 130; ++length) {
    CAPTURE(length);
    Sha256 hash;
    hash.update(text.substr(0, length));
    const std::string state = hash.save();
    CHECK(state.size() == 40 + length % 64);
    Sha256 again = Sha256::restore(state);
    CHECK(again.save() == state);
    again.update(text.substr(length));
    CHECK(hex(again.finish()) == wanted);
    hash.update(text.substr(length));
    CHECK(hex(hash.finish()) == wanted);
  }
}

TEST_CASE("a state counts more than 512 MiB, where the number of bits needs two words") {
  Sha256 hash;
  const std::string piece(1 << 20, 'a');
  for (int n = 0; n < 513; ++n) hash.update(piece);
  Sha256 again = Sha256::restore(hash.save());
  hash.update("end");
  again.update("end");
  CHECK(hash.save() == again.save());
  CHECK(hex(again.finish()) == hex(hash.finish()));
}

TEST_CASE("what no hash can have kept is refused") {
  Sha256 hash;
  hash.update("abc");
  const std::string state = hash.save();
  for (std::size_t size = 0; size < state.size(); ++size)
    CHECK(error_of([&] { Sha256::restore(state.substr(0, size)); }).starts_with("integrity: saved hash state is "));
  CHECK(error_of([&] { Sha256::restore(state + 'x'); }) == "integrity: saved hash state is corrupt");
  std::string huge = state;
  huge[32] = '\x20';  // 2^61 bytes: more bits than the padding can say
  CHECK(error_of([&] { Sha256::restore(huge); }) == "integrity: saved hash state is corrupt");
}
