// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace fn::db {

class Database;

// One statement: binds its parameters and reads its rows:
//   Statement query = db.query("SELECT a, b FROM t WHERE c = ?");
//   query.bind(5);
//   while (query.step()) query.text(0);
class Statement {
 public:
  // Binds the next parameter, from the left.
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  Statement& bind_blob(std::string_view bytes);
  Statement& bind_null();
  Statement& bind_optional(const std::optional<std::string>& value);  // nothing: NULL

  // The next row; false at the end. Throws busy, failure (disk full, I/O), integrity (corrupt).
  bool step();
  // Runs a statement that returns no rows, and resets it for new values.
  void run();
  // Discards unread rows and resets the statement for new values.
  void reset();

  // Of the current row, columns counted from 0. NULL is 0 or empty.
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  std::optional<std::string> optional_text(int column) const;  // NULL: nothing
  std::string blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Statement(const Database& db, sqlite3_stmt* handle) : db_(&db), handle_(handle) {}
  const Database* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int next_ = 1;
};

// One SQLite file: WAL, synchronous=FULL, foreign keys, trusted_schema off. Must not be used across a fork, nor moved
// while it has statements or a transaction.
class Database {
 public:
  enum class Access { read, write };  // write creates the file

  // `application_id` must match (write sets it on a new file). Throws not_found for no file, integrity for another
  // program's; write on a network file system is unsupported. Without write access to its directory, the file is read
  // as it is.
  Database(const std::string& path, Access access, std::int32_t application_id, std::chrono::milliseconds busy_timeout);
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  // One statement, which must not outlive this object. Throws busy, integrity, and internal for SQL that is wrong.
  Statement query(std::string_view sql) const;
  void execute(std::string_view sql) const;  // one or more statements without parameters
  const std::string& path() const { return path_; }
  // PRAGMA quick_check and foreign_key_check: a line for each finding.
  std::string check() const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  struct BusyHandler;

  void open(int flags, const std::string& name);
  void open_for_reading();
  void set_up_for_writing(std::int32_t new_application_id);
  void use_log();
  std::int64_t number(std::string_view sql) const;
  [[noreturn]] void fail_sqlite(int code) const;
  [[noreturn]] void fail_open() const;

  std::string path_;
  std::unique_ptr<BusyHandler> busy_handler_;  // outlives the handle, which refers to it
  std::unique_ptr<sqlite3, Close> handle_;
};

// A write transaction: BEGIN IMMEDIATE, so that a reader never has to upgrade to a writer midway. Rolled back unless
// committed.
class Transaction {
 public:
  // later: a power cut may undo it, as a whole; for data that can be rebuilt.
  enum class Durable { now, later };
  // `db` must outlive it; one at a time. Throws busy if another process writes for longer than the busy timeout.
  explicit Transaction(const Database& db, Durable durable = Durable::now);
  Transaction(const Transaction&) = delete;
  ~Transaction();
  // With Durable::now it is on disk when this returns. Throws failure (disk full, I/O); it is rolled back then.
  void commit();

 private:
  void end(const char* sql);
  const Database* db_;
  Durable durable_;
};

// While it lives, all reads see one moment of the file. `db` must outlive it, and have no transaction.
class Snapshot {
 public:
  explicit Snapshot(const Database& db) : db_(db) { db_.execute("BEGIN"); }
  Snapshot(const Snapshot&) = delete;
  ~Snapshot();

 private:
  const Database& db_;
};

// One step of the schema: the SQL that upgrades version N - 1 to N.
struct Migration {
  int version;
  std::string_view sql;
};

// Upgrades the file to the latest version in one transaction. A file made by a newer version is refused with integrity;
// with Access::read an older file is refused too, with a hint. `migrations` are in order, from 1 on.
void migrate(Database& db, Database::Access access, const Migration* migrations, int count);

}  // namespace fn::db
