// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace fn;
using namespace std::chrono_literals;

TEST_CASE("sizes for people fit a column of eight") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(512) == "512 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(4200) == "4.2 kB");
  CHECK(human_bytes(81'300'000) == "81.3 MB");
  CHECK(human_bytes(999'949) == "999.9 kB");
  CHECK(human_bytes(999'950) == "1.0 MB");
  CHECK(human_bytes(999'999'999) == "1.0 GB");
  CHECK(human_bytes(std::numeric_limits<Bytes>::max()) == "18.4 EB");
}

TEST_CASE("sizes are read with powers of 1000 and of 1024") {
  CHECK(parse_bytes("64") == 64);
  CHECK(parse_bytes("64B") == 64);
  CHECK(parse_bytes("64k") == 64'000);
  CHECK(parse_bytes("64K") == 64'000);
  CHECK(parse_bytes("64Ki") == 64 * KiB);
  CHECK(parse_bytes("10GB") == 10'000'000'000);
  CHECK(parse_bytes("1GiB") == GiB);
  CHECK(parse_bytes("16Ti") == 16384 * GiB);
  CHECK(parse_bytes("18446744073709551615") == 18446744073709551615u);
}

TEST_CASE("sizes of memory know powers of 1024 alone, in any spelling") {
  for (const auto text : {"256M", "256MB", "256MiB", "256Mi", "256m", "256mb", "262144k", "268435456"}) {
    CAPTURE(text);
    CHECK(parse_memory(text) == 256 * MiB);
  }
  CHECK(parse_memory("2g") == 2 * GiB);
  CHECK(parse_memory("0") == 0);
  for (const auto text : {"", "M", "1.5G", "1X", "-1", "16777216T"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_memory(text));
  }
  for (const Bytes bytes : {Bytes{0}, Bytes{1000}, 512 * MiB, 3 * GiB, 3 * GiB + KiB})
    CHECK(parse_memory(memory_text(bytes)) == bytes);
  CHECK(memory_text(512 * MiB) == "512MiB");
}

TEST_CASE("a size that is none, or too large, is refused") {
  for (const auto text : {"", "k", "-1", "1.5M", "1 M", "1m", "1X", "1MM", "1Mib", "1iB", "1?", "18446744073709551616",
                          "18446745T", "16777216Ti"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("durations are read with their unit, seconds without") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("30") == 30s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("0") == 0s);
  for (const auto text : {"", "s", "-1s", "1.5s", "1 s", "1d", "1S", "18446744073709551615", "876601h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations for people get coarser as they grow") {
  CHECK(human_duration(0ms) == "0 ms");
  CHECK(human_duration(999ms) == "999 ms");
  CHECK(human_duration(1300ms) == "1.3 s");
  CHECK(human_duration(59'949ms) == "59.9 s");
  CHECK(human_duration(59'950ms) == "1 min 0 s");
  CHECK(human_duration(125s) == "2 min 5 s");
  CHECK(human_duration(3599s + 600ms) == "1 h 0 min");
  CHECK(human_duration(26h + 5min) == "26 h 5 min");
}

TEST_CASE("numbers of things") {
  CHECK(counted(0, "file", "files") == "0 files");
  CHECK(counted(1, "file", "files") == "1 file");
  CHECK(counted(1000, "entry", "entries") == "1,000 entries");
  CHECK(grouped(999) == "999");
  CHECK(grouped(12345678) == "12,345,678");
}
