// SPDX-License-Identifier: Apache-2.0
#include "base/pack.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace fn;

namespace {

constexpr auto damaged = "integrity: packed data is corrupt";
constexpr auto max = std::numeric_limits<std::uint64_t>::max();

std::string refused(std::string_view packed, void (*read)(Unpacker&)) {
  return error_of([&] {
    Unpacker unpacker(packed);
    read(unpacker);
  });
}

}  // namespace

TEST_CASE("numbers of every length come back, and small ones take one byte") {
  for (unsigned bits = 0; bits <= 64; ++bits)
    for (const int more : {-1, 0, 1}) {
      const std::uint64_t value = (bits == 64 ? 0 : std::uint64_t{1} << bits) + std::uint64_t(std::int64_t{more});
      const std::string packed = Packer().number(value).take();
      CHECK((packed.size() == 1) == (value < 128));
      Unpacker unpacker(packed);
      CHECK(unpacker.number() == value);
      CHECK(unpacker.at_end());
    }
}

TEST_CASE("signed numbers come back, the smallest and the largest too") {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{-64},
                                   std::int64_t{64}, Limits::min(), Limits::max(), Limits::min() + 1}) {
    const std::string packed = Packer().signed_number(value).take();
    Unpacker unpacker(packed);
    CHECK(unpacker.signed_number() == value);
    CHECK((packed.size() == 1) == (value >= -64 && value < 64));
  }
}

TEST_CASE("of a sorted list only what is new is written") {
  const std::string_view names[] = {"usr/bin/gcc", "usr/bin/gcc-12", "usr/bin/gcc", "", "a\0b"};
  Packer packer;
  std::string_view before;
  for (const std::string_view name : names) {
    packer.text_after(before, name);
    before = name;
  }
  const std::string packed = packer.take();
  Unpacker unpacker(packed);
  std::string last;
  for (const std::string_view name : names) {
    unpacker.text_after(last);
    CHECK(last == name);
  }
  CHECK(Packer().text_after("usr/bin/gcc", "usr/bin/gcc-12").str().size() == 5);
}

TEST_CASE("a number that goes on for ever, or over 64 bits, is damage") {
  CHECK(refused(std::string(11, '\xff'), [](Unpacker& unpacker) { unpacker.number(); }) == damaged);
  CHECK(refused(std::string(9, '\xff') + '\x02', [](Unpacker& unpacker) { unpacker.number(); }) == damaged);
  CHECK(refused("\x80", [](Unpacker& unpacker) { unpacker.number(); }) == damaged);
  CHECK(refused("", [](Unpacker& unpacker) { unpacker.number(); }) == damaged);
  CHECK(refused("\x05", [](Unpacker& unpacker) { unpacker.number_below(5); }) == damaged);
}

TEST_CASE("a length that lies takes no memory and reads nothing behind the end") {
  const std::string lie = Packer().number(max).take() + "abc";
  CHECK(refused(lie, [](Unpacker& unpacker) { unpacker.text(); }) == damaged);
  CHECK(refused(lie, [](Unpacker& unpacker) {
          std::string text = "before";
          unpacker.text_after(text);
        }) == damaged);
  CHECK(refused("abc", [](Unpacker& unpacker) {
          std::uint8_t four[4];
          unpacker.bytes(four);
        }) == damaged);
}
