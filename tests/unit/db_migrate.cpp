// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::db;
using namespace std::chrono_literals;
using Access = Database::Access;

namespace {

constexpr Migration steps[] = {{1, "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)"},
                               {2, "ALTER TABLE a ADD COLUMN y INTEGER"},
                               {3, "UPDATE a SET y = x + 1"}};
constexpr Migration broken[] = {{1, steps[0].sql}, {2, "DELETE FROM a; SELECT nonsense"}};

Database open(const Scratch& scratch, Access access = Access::write) {
  return {scratch.path("db"), access, 1, 1s};
}

std::int64_t number(const Database& db, const std::string& sql) {
  Statement statement = db.query(sql);
  REQUIRE(statement.step());
  return statement.integer(0);
}

}  // namespace

TEST_CASE("a file of any version becomes one of the last, its rows with it") {
  const Scratch scratch;
  Database db = open(scratch);
  for (int count = 1; count <= 3; ++count) {
    migrate(db, Access::write, steps, count);
    CHECK(number(db, "PRAGMA user_version") == count);
  }
  CHECK(number(db, "SELECT y FROM a") == 2);
  migrate(db, Access::write, steps, 3);
  CHECK(number(db, "SELECT count(*) FROM a") == 1);
}

TEST_CASE("a step that fails leaves the version that was") {
  const Scratch scratch;
  Database db = open(scratch);
  migrate(db, Access::write, broken, 1);
  CHECK(error_of([&] { migrate(db, Access::write, broken, 2); }).starts_with("internal: "));
  CHECK(number(db, "PRAGMA user_version") == 1);
  CHECK(number(db, "SELECT count(*) FROM a") == 1);
}

TEST_CASE("a newer version's file is not guessed at") {
  const Scratch scratch;
  {
    Database db = open(scratch);
    migrate(db, Access::write, steps, 3);
  }
  for (const Access access : {Access::read, Access::write}) {
    Database db = open(scratch, access);
    CHECK(error_of([&] { migrate(db, access, steps, 2); }) ==
          "integrity: '" + scratch.path("db") +
              "' was made by a newer version of fn (schema 3, this one knows 2) (use that version, or another "
              "directory with --home)");
  }
}

TEST_CASE("who only reads changes no old file") {
  const Scratch scratch;
  {
    Database db = open(scratch);
    migrate(db, Access::write, steps, 1);
  }
  Database db = open(scratch, Access::read);
  CHECK(error_of([&] { migrate(db, Access::read, steps, 3); }) ==
        "integrity: '" + scratch.path("db") +
            "' was made by an older version of fn (schema 1, this one needs 3) (run 'fnimg gc' once: any command that "
            "writes upgrades it)");
  CHECK(error_of([&] { migrate(db, Access::read, steps, 1); }) == "nothing");
}
