// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.hpp"
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "sys/fd.hpp"

#include <doctest/doctest.h>
#include <limits>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

using namespace fn;
using namespace fn::db;
using namespace std::chrono_literals;
using Access = Database::Access;

namespace {

constexpr std::int32_t id = 0x666e7465;

Database open(const std::string& path, Access access = Access::write, std::chrono::milliseconds timeout = 5s) {
  return {path, access, id, timeout};
}

std::int64_t answer_of(const Database& db, const std::string& sql) {
  Statement statement = db.query(sql);
  REQUIRE(statement.step());
  return statement.integer(0);
}

void add(const Database& db, std::int64_t value) {
  Statement statement = db.query("INSERT INTO t VALUES (?)");
  statement.bind(value).run();
}

// Runs `body` in a process of its own.
template <typename Body>
pid_t start(const Body& body) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}

}  // namespace

TEST_CASE("the file is set up to lose nothing") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  CHECK(answer_of(db, "PRAGMA synchronous") == 2);
  CHECK(answer_of(db, "PRAGMA foreign_keys") == 1);
  CHECK(answer_of(db, "PRAGMA trusted_schema") == 0);
  CHECK(answer_of(db, "PRAGMA application_id") == id);
  Statement mode = db.query("PRAGMA journal_mode");
  REQUIRE(mode.step());
  CHECK(mode.text(0) == "wal");
  struct stat status {};
  REQUIRE(stat(scratch.path("db").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
}

TEST_CASE("values come out as they went in") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  db.execute("CREATE TABLE t (a ANY, b ANY, c ANY, d ANY) STRICT; CREATE TABLE u (x INTEGER) STRICT");
  const std::string text("a\0b\xff", 4);
  Statement insert = db.query("INSERT INTO t VALUES (?, ?, ?, ?)");
  insert.bind(text).bind(std::numeric_limits<std::int64_t>::min()).bind_null().bind(std::string_view()).run();
  insert.bind("second").bind(2).bind(3).bind("").run();
  Statement query = db.query("SELECT a, b, c, d FROM t WHERE b < ?");
  query.bind(0);
  REQUIRE(query.step());
  CHECK(query.text(0) == text);
  CHECK(query.integer(1) == std::numeric_limits<std::int64_t>::min());
  CHECK(query.is_null(2));
  CHECK(query.text(2).empty());
  CHECK_FALSE(query.is_null(3));
  CHECK_FALSE(query.step());
}

TEST_CASE("what is not committed did not happen") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  db.execute("CREATE TABLE t (a INTEGER) STRICT");
  {
    Transaction transaction(db);
    add(db, 1);
  }
  CHECK(answer_of(db, "SELECT count(*) FROM t") == 0);
  {
    Transaction transaction(db);
    add(db, 1);
    transaction.commit();
  }
  CHECK(answer_of(open(scratch.path("db"), Access::read), "SELECT count(*) FROM t") == 1);
}

TEST_CASE("a reader waits for nobody") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  db.execute("CREATE TABLE t (a INTEGER) STRICT");
  Transaction transaction(db);
  add(db, 1);
  CHECK(answer_of(open(scratch.path("db"), Access::read, 0ms), "SELECT count(*) FROM t") == 0);
}

TEST_CASE("a writer that waited long enough names who is in the way, not itself") {
  const Scratch scratch;
  open(scratch.path("db")).execute("CREATE TABLE t (a INTEGER) STRICT");
  const sys::Pipe locked = sys::make_pipe();
  sys::Pipe done = sys::make_pipe();
  const pid_t child = start([&] {
    done.write.reset();
    Database db = open(scratch.path("db"));
    Transaction transaction(db);
    sys::write_full(locked.write.get(), "x", "pipe");
    std::byte end;
    sys::read_full(done.read.get(), std::span(&end, 1), "pipe");
  });
  std::byte sign;
  REQUIRE(sys::read_full(locked.read.get(), std::span(&sign, 1), "pipe") == 1);
  Database db = open(scratch.path("db"), Access::write, 50ms);
  const auto start_time = std::chrono::steady_clock::now();
  const std::string error = error_of([&] { Transaction transaction(db); });
  CHECK(std::chrono::steady_clock::now() - start_time >= 50ms);
  CHECK(error.starts_with("busy: '" + scratch.path("db") + "' is held by "));
  CHECK(error.ends_with(fmt::format("(pid {}) (try again later, or wait longer with --lock-timeout)", child)));
  CHECK(error.find(fmt::format("(pid {})", getpid())) == error.npos);
  done.write.reset();
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(error_of([&] { Transaction transaction(db); }) == "nothing");
}

TEST_CASE("only our own file is opened") {
  const Scratch scratch;
  { Database(scratch.path("other"), Access::write, 1, 0ms).execute("CREATE TABLE t (a)"); }
  for (const Access access : {Access::read, Access::write})
    CHECK(error_of([&] { open(scratch.path("other"), access); }) ==
          "integrity: '" + scratch.path("other") +
              "' is another program's database (choose another directory with --home)");
  scratch.write("text", std::string(5000, 'x'));
  CHECK(error_of([&] {
          open(scratch.path("text"));
        }).starts_with("integrity: '" + scratch.path("text") + "' is corrupt: file is not a database"));
  CHECK(error_of([&] { open(scratch.path("none"), Access::read); }) ==
        "not_found: cannot open '" + scratch.path("none") + "': no such file or directory");
  CHECK(error_of([&] { open(scratch.path("none/db")); }).starts_with("not_found: "));
}

TEST_CASE("damage is found, and is not the reader's fault") {
  const Scratch scratch;
  {
    Database db = open(scratch.path("db"));
    db.execute("CREATE TABLE t (a INTEGER) STRICT");
    for (int i = 0; i < 2000; ++i) add(db, i);
    CHECK(db.check().empty());
  }
  std::string bytes = scratch.read("db");
  std::fill(bytes.begin() + 2 * 4096, bytes.begin() + 3 * 4096, 'x');
  scratch.write("db", bytes);
  const Database db = open(scratch.path("db"), Access::read);
  CHECK(db.check().find("Page 3: ") != std::string::npos);
  CHECK(error_of([&] {
          db.query("SELECT sum(a) FROM t").step();
        }).starts_with("integrity: '" + scratch.path("db") + "' is corrupt: database disk image is malformed ("));
}

TEST_CASE("a row that refers to nothing is found") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  db.execute("CREATE TABLE p (a TEXT PRIMARY KEY) STRICT; CREATE TABLE c (a TEXT REFERENCES p) STRICT");
  CHECK(error_of([&] { db.execute("INSERT INTO c VALUES ('x')"); }).starts_with("internal: "));
  db.execute("PRAGMA foreign_keys=OFF; INSERT INTO c VALUES ('x')");
  CHECK(db.check() == "a row of 'c' refers to a missing row of 'p'\n");
}

TEST_CASE("a full disk is said to be one, and nothing is half done") {
  const Scratch scratch;
  Database db = open(scratch.path("db"));
  db.execute("CREATE TABLE t (a TEXT) STRICT; PRAGMA max_page_count=4");
  const std::string error = error_of([&] {
    Transaction transaction(db);
    Statement insert = db.query("INSERT INTO t VALUES (?)");
    for (int i = 0; i < 100; ++i) insert.bind(std::string(3000, 'x')).run();
  });
  CHECK(error.starts_with("failure: cannot write '" + scratch.path("db") + "': no space left on device ("));
  CHECK(answer_of(db, "SELECT count(*) FROM t") == 0);
}

TEST_CASE("who may not write beside the file reads it nevertheless, whatever its name is") {
  const Scratch scratch;
  const std::string path = scratch.path("a ?#%41&.db");
  { open(path).execute("CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (7)"); }
  REQUIRE(chmod(scratch.path().c_str(), 0555) == 0);
  {
    const OrdinaryUser user;
    CHECK(answer_of(open(path, Access::read), "SELECT a FROM t") == 7);
    CHECK(error_of([&] { open(path).execute("INSERT INTO t VALUES (8)"); }).starts_with("unsupported: cannot "));
  }
  REQUIRE(chmod(scratch.path().c_str(), 0755) == 0);
}

TEST_CASE("a log that can't be read is not passed over") {
  const Scratch scratch;
  const std::string path = scratch.path("db");
  const pid_t child = start([&] {
    Database db = open(path);
    db.execute("CREATE TABLE t (a INTEGER) STRICT");
    _exit(0);  // as if killed: what was committed is in the log only
  });
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
  std::filesystem::remove(path + "-shm");
  REQUIRE(chmod(scratch.path().c_str(), 0555) == 0);
  {
    const OrdinaryUser user;
    CHECK(error_of([&] { open(path, Access::read); }) ==
          "unsupported: '" + path +
              "' has changes in its write-ahead log, and reading them needs write access to its directory (run 'fnimg "
              "ls' once as a user with write access to it)");
  }
  REQUIRE(chmod(scratch.path().c_str(), 0755) == 0);
  CHECK(answer_of(open(path, Access::read), "SELECT count(*) FROM t") == 0);
}

TEST_CASE("a new file is made by many processes at once") {
  const Scratch scratch;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i)
    children.push_back(start([&] {
      try {
        Database db = open(scratch.path("db"));
        static constexpr Migration steps[] = {{1, "CREATE TABLE t (a INTEGER) STRICT"}};
        migrate(db, Access::write, steps, 1);
        Transaction transaction(db);
        add(db, 1);
        transaction.commit();
      } catch (const Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        _exit(1);
      }
    }));
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(answer_of(open(scratch.path("db")), "SELECT count(*) FROM t") == 8);
}
