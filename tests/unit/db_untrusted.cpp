// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.hpp"
#include "db/untrusted.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace fn;
using namespace fn::db;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const std::string& sql) {
  const Scratch scratch;
  {
    const Database db(scratch.path("db"), Database::Access::write, 1, 1s);
    db.execute("PRAGMA page_size=512");
    db.execute(sql);
  }
  return scratch.read("db");
}

std::vector<std::string> read(std::string_view bytes, std::int64_t operations = 100'000) {
  std::vector<std::string> found;
  UntrustedDatabase(bytes, operations).each_blob("t", "x", [&](std::string_view blob) { found.emplace_back(blob); });
  return found;
}

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("values come in the order of their rows, from a database that has been in use with a log too") {
  const std::string bytes = bytes_of(
      "CREATE TABLE t (n INTEGER PRIMARY KEY, x BLOB); INSERT INTO t VALUES (2, x'006200')"
      ", (1, zeroblob(3000)), (3, NULL), (4, '')");
  CHECK(bytes[18] == 2);
  CHECK(read(bytes) == Values{std::string(3000, '\0'), std::string("\0b\0", 3), "", ""});
}

TEST_CASE("no such table is no error, no such column is one") {
  CHECK(read(bytes_of("CREATE TABLE u (x BLOB)")).empty());
  CHECK(error_of([] { read(bytes_of("CREATE TABLE t (y BLOB)")); }).starts_with("integrity: SQLite: no such column"));
}

TEST_CASE("what is no database is refused") {
  CHECK(error_of([] { read(""); }) == "integrity: not an SQLite database");
  CHECK(error_of([] { read(std::string(4096, 'x')); }) == "integrity: not an SQLite database");
}

TEST_CASE("a view is not run") {
  CHECK(
      read(bytes_of("CREATE VIEW t AS WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT x FROM c"))
          .empty());
}

TEST_CASE("what is beside the table is not set up") {
  CHECK(read(bytes_of("CREATE TABLE T (x BLOB); INSERT INTO T VALUES ('a'); CREATE VIEW v AS SELECT * FROM nowhere; "
                      "CREATE TRIGGER r AFTER INSERT ON T BEGIN INSERT INTO nowhere VALUES (1); END")) == Values{"a"});
}

TEST_CASE("a column that is computed can't take the machine's memory") {
  const std::string sql = "CREATE TABLE t (n INTEGER PRIMARY KEY, x AS (zeroblob(n))); INSERT INTO t VALUES ";
  CHECK(error_of([&] { read(bytes_of(sql + "(1000000000)")); }) == "integrity: SQLite: string or blob too big");
  CHECK(error_of([&] { read(bytes_of(sql + "(2000), (2001), (2002), (2003), (2004), (2005), (2006), (2007)")); }) ==
        "integrity: its rows add up to more than the whole database");
}

TEST_CASE("there is an end to what is read") {
  const std::string many = bytes_of(
      "CREATE TABLE t (x BLOB); WITH RECURSIVE c(n) AS (VALUES(1) UNION ALL SELECT n+1 FROM c LIMIT 5000) INSERT INTO "
      "t "
      "SELECT x'61' FROM c");
  CHECK(read(many).size() == 5000);
  CHECK(error_of([&] { read(many, 3000); }) == "integrity: reading it takes too many steps");
}

TEST_CASE("a damaged database is an error or has other rows, and nothing else") {
  const std::string whole = bytes_of("CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(1500)), ('a'), ('b')");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      const std::string error = error_of([&] { read(bytes); });
      if (error != "nothing" && !error.starts_with("integrity: ")) FAIL_CHECK("byte ", at, ": ", error);
    }
  }
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const std::string error = error_of([&] { read(whole.substr(0, size)); });
    if (!error.starts_with("integrity: ")) FAIL_CHECK("cut to ", size, ": ", error);
  }
}
