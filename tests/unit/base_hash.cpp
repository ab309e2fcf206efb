// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

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
