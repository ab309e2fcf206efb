// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>

using namespace fn;

TEST_CASE("times are written as RFC 3339 in UTC") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(1795540294) == "2026-11-24T17:11:34Z");
  CHECK(rfc3339(951782400) == "2000-02-29T00:00:00Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59Z");
  CHECK(rfc3339(-62167219200) == "0000-01-01T00:00:00Z");
  CHECK(rfc3339(253402300799) == "9999-12-31T23:59:59Z");
  CHECK(error_of([] { rfc3339(253402300800); }) == "usage: time 253402300800 is outside the years 0 to 9999");
  CHECK(error_of([] { rfc3339(-62167219201); }) == "usage: time -62167219201 is outside the years 0 to 9999");
}

TEST_CASE("times of other tools are read, with their offsets and fractions") {
  CHECK(parse_rfc3339("2026-11-24T17:11:34Z") == 1795540294);
  CHECK(parse_rfc3339("2026-11-24t17:11:34.123456789z") == 1795540294);
  CHECK(parse_rfc3339("2026-11-24T18:41:34+01:30") == 1795540294);
  CHECK(parse_rfc3339("2026-11-24T12:11:34-05:00") == 1795540294);
  CHECK(parse_rfc3339("0001-01-01T00:00:00Z") == -62135596800);  // the time that Go's tools write for "none"
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == 1483228800);    // leap second
}

TEST_CASE("what is no time is not taken for one") {
  for (const auto text :
       {"", "2026", "2026-11-24", "2026-11-24T17:11:34", "2026-11-24 17:11:34Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00Zx", "26-01-01T00:00:00Z",
        "2026-01-01T00:00:00+24:00", "-026-01-01T00:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("SOURCE_DATE_EPOCH sets the time of an image") {
  CHECK(source_date_epoch(nullptr) == 0);
  CHECK(source_date_epoch("1795540294") == 1795540294);
}

TEST_CASE("a SOURCE_DATE_EPOCH that is no time is refused, not ignored") {
  const std::string hint = " (set it to seconds since 1970, as 'date +%s' prints them, or unset it)";
  CHECK(error_of([] { source_date_epoch("today\n"); }) == "usage: SOURCE_DATE_EPOCH 'today\\n' is not a time" + hint);
  CHECK(error_of([] { source_date_epoch(""); }) == "usage: SOURCE_DATE_EPOCH '' is not a time" + hint);
  CHECK(error_of([] { source_date_epoch("-1"); }) == "usage: SOURCE_DATE_EPOCH '-1' is not a time" + hint);
  CHECK(error_of([] { source_date_epoch("253402300800"); }) ==
        "usage: SOURCE_DATE_EPOCH '253402300800' is not a time" + hint);
}

TEST_CASE("the system clock is past the day this was written, and the steady one never goes back") {
  const SystemClock clock;
  CHECK(clock.now() > 1'700'000'000);
  const auto before = clock.steady();
  CHECK(clock.steady() >= before);
}
