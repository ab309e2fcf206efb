// SPDX-License-Identifier: Apache-2.0
#include "layer/entry.hpp"
#include "layer/owner_record.hpp"

#include <doctest/doctest.h>
#include <random>
#include <string>

using namespace fn::layer;
using namespace std::literals;

namespace {

// "uid:gid", "-" for an id that stays; "none" for what is no record.
std::string read(std::string_view value) {
  const auto owner = OwnerRecord::parse(value);
  if (!owner) return "none";
  const auto text = [](const auto& id) { return id ? std::to_string(*id) : "-"; };
  return text(owner->uid) + ':' + text(owner->gid);
}

}  // namespace

TEST_CASE("what is recorded is read back") {
  for (const std::uint32_t uid : {0U, 1U, 127U, 128U, 1000U, 65534U, 4294967294U})
    for (const std::uint32_t gid : {0U, 12U, 300U, 4294967294U}) {
      CAPTURE(uid);
      CHECK(read(owner_record(uid, gid)) == std::to_string(uid) + ':' + std::to_string(gid));
    }
  CHECK(owner_record(12, 34) == "\x08\x0c\x10\x22");
}

TEST_CASE("records of others: any order, zeros, the last of two, unknown fields, ids that stay") {
  CHECK(read("") == "0:0");
  CHECK(read("\x10\x22\x08\x0c") == "12:34");
  CHECK(read("\x08\x00\x10\x00"s) == "0:0");
  CHECK(read("\x08\x01\x08\x02") == "2:0");
  CHECK(read("\x08\xff\xff\xff\xff\x0f\x10\x05") == "-:5");
  CHECK(read("\x18\x07\x08\x0c\x22\x02xy\x29........\x35....") == "12:0");
}

TEST_CASE("what is no record is none, and never a crash") {
  for (const std::string_view text :
       {"\x08"sv, "\x08\x80"sv, "\x0a\x01x"sv, "\x09........"sv, "\x00\x01"sv, "\x22\x09x"sv, "\x19..."sv, "0:0"sv,
        "\x23"sv, "\x22\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x01"sv}) {
    CAPTURE(text);
    CHECK(read(text) == "none");
  }
  std::mt19937 random(1);
  for (int n = 0; n < 200000; ++n) {
    std::string text(random() % 12, '\0');
    for (char& c : text) c = char(random());
    Entry entry{.uid = 1, .gid = 2};
    if (const auto owner = OwnerRecord::parse(text)) owner->apply_to(entry);
    REQUIRE(entry.uid <= 4294967294U);
    REQUIRE(entry.gid <= 4294967294U);
  }
}
