// SPDX-License-Identifier: Apache-2.0
// One connection, used by one thread at a time. Writers use a write-ahead log with full sync; a transaction may ask to
// be synced later (Durable::later), and then it is lost or kept as a whole. Readers take part in the log's locks, so
// they need to write beside the file. Where they can't, and nothing waits in the log, the file is opened as one that
// nobody changes.
//
// Transactions begin with BEGIN IMMEDIATE: the wait for the lock is at their beginning and nowhere in the middle. The
// wait is ours (BusyHandler) and ends with an interrupt, which SQLite's own would sleep through.
//
// Each code of SQLite's becomes a kind of Error that says what a user can do. A file whose application id is another
// program's is never written to; the id is set before the first table, so that no one sees our tables without it.
// Shared memory does not work over a network, so databases there are refused for writing.
#include "db/sqlite.hpp"

#include "base/text.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace fn::db {
namespace {

using namespace std::chrono_literals;

// WAL relies on shared memory, which is limited to one machine.
void refuse_network_file_system(const std::string& path) {
  const sys::Fd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (file && sys::is_on_network(file.get()))
    fail_hint(Kind::unsupported, "choose a directory on a local disk with --home",
              "'{}' is on a network file system, where SQLite's locks are unreliable", printable(path));
}

// sqlite.org/uri.html. `path` keeps its meaning whatever is in it.
std::string immutable_uri(const std::string& path) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
  std::string uri = path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    if (plain.find(c) != plain.npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return uri + "?immutable=1";
}

bool has_content(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

// The others: our own connection has a lock on the file too.
std::string holders_but_us(const std::string& path) {
  const std::string us = fmt::format("(pid {})", getpid());
  std::string holders;
  for (const std::string& holder : split(sys::lock_holders(path), ','))
    if (!holder.ends_with(us)) holders += (holders.empty() ? "" : ", ") + std::string(trim(holder));
  return holders.empty() ? "another process" : holders;
}

}  // namespace

// How long to wait for a lock.
struct Database::BusyHandler {
  std::chrono::milliseconds timeout;
  std::chrono::steady_clock::time_point deadline;

  // SQLite's busy handler; 0 gives up. Its own one would sleep through Ctrl-C.
  static int wait(void* context, int count) {
    auto& handler = *static_cast<BusyHandler*>(context);
    const auto now = std::chrono::steady_clock::now();
    if (count == 0) handler.deadline = now + handler.timeout;
    if (now >= handler.deadline || sys::interrupt_pending()) return 0;
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(1ms * (1 << std::min(count, 5)), handler.deadline - now));
    return 1;
  }
};

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(std::int64_t value) {
  if (const int code = sqlite3_bind_int64(handle_.get(), next_++, value); code != SQLITE_OK) db_->fail_sqlite(code);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  // A null pointer would be NULL, not the empty string.
  const char* text = value.empty() ? "" : value.data();
  const int code = sqlite3_bind_text64(handle_.get(), next_++, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) db_->fail_sqlite(code);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  const int code = sqlite3_bind_blob64(handle_.get(), next_++, data, bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) db_->fail_sqlite(code);
  return *this;
}

Statement& Statement::bind_null() {
  if (const int code = sqlite3_bind_null(handle_.get(), next_++); code != SQLITE_OK) db_->fail_sqlite(code);
  return *this;
}

Statement& Statement::bind_optional(const std::optional<std::string>& value) {
  return value ? bind(*value) : bind_null();
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) db_->fail_sqlite(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  next_ = 1;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(handle_.get(), column);
  if (!text) return {};
  return {reinterpret_cast<const char*>(text), std::size_t(sqlite3_column_bytes(handle_.get(), column))};
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::string Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  if (!bytes) return {};
  return {static_cast<const char*>(bytes), std::size_t(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

Database::Database(const std::string& path, Access access, std::int32_t application_id,
                   std::chrono::milliseconds busy_timeout)
    : path_(path), busy_handler_(std::make_unique<BusyHandler>(BusyHandler{busy_timeout, {}})) {
  if (access == Access::read) {
    open_for_reading();
  } else {
    open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path_);
    refuse_network_file_system(path_);
  }
  // In this order: another process that makes the file at this moment writes the id before the first table.
  const bool fresh = number("PRAGMA schema_version") == 0;
  const std::int64_t found = number("PRAGMA application_id");
  if (found != application_id && !(fresh && found == 0))
    fail_hint(Kind::integrity, "choose another directory with --home", "'{}' is another program's database",
              printable(path_));
  if (access == Access::write) set_up_for_writing(found == 0 ? application_id : 0);
}

Database::Database(Database&& other) noexcept = default;
Database::~Database() = default;

void Database::open(int flags, const std::string& name) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail_sqlite(code);
  sqlite3_busy_handler(handle_.get(), BusyHandler::wait, busy_handler_.get());
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void Database::open_for_reading() {
  const auto try_open = [this](int flags) {
    open(flags, path_);
    return sqlite3_exec(handle_.get(), "PRAGMA schema_version", nullptr, nullptr, nullptr);
  };
  int code = try_open(SQLITE_OPEN_READONLY);
  // The power failed while the file was created or switched to WAL. A writer has to roll that back before it can be
  // read.
  if (code == SQLITE_READONLY_ROLLBACK) code = try_open(SQLITE_OPEN_READWRITE);
  if (code == SQLITE_OK) return;
  // Readers of a WAL file take part in its locks, in a file beside it. Where that can't be made nobody who could write
  // is expected; but what waits in the log can't be read without it either.
  const int primary = code & 0xff;
  if (primary != SQLITE_CANTOPEN && primary != SQLITE_READONLY) fail_sqlite(code);
  if (has_content(path_ + "-wal"))
    fail_hint(Kind::unsupported, "run 'fnimg ls' once as a user with write access to it",
              "'{}' has changes in its write-ahead log, and reading them needs write access to its directory",
              printable(path_));
  open(SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, immutable_uri(path_));
}

void Database::set_up_for_writing(std::int32_t new_application_id) {
  use_log();
  execute("PRAGMA synchronous=FULL");
  // Closing checkpoints the log into the file; earlier checkpoints would each wait for the disk.
  execute("PRAGMA wal_autocheckpoint=8000");
  if (new_application_id != 0) execute(fmt::format("PRAGMA application_id={}", new_application_id));
}

void Database::use_log() {
  const auto deadline = std::chrono::steady_clock::now() + busy_handler_->timeout;
  while (true) {
    try {
      Statement mode = query("PRAGMA journal_mode=WAL");
      if (mode.step() && mode.text(0) == "wal") return;
      fail_hint(Kind::unsupported, "choose a directory on a local disk with --home",
                "'{}' is on a file system without shared memory mappings, which SQLite's write-ahead log needs",
                printable(path_));
    } catch (const Error& error) {
      // Two processes that switch a new file to WAL each hold what the other needs. SQLite tells one of them at once,
      // without the busy handler.
      if (error.kind() != Kind::busy || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(1ms);
  }
}

Statement Database::query(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), int(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) fail_sqlite(code);
  return {*this, statement};
}

void Database::execute(std::string_view sql) const {
  const int code = sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail_sqlite(code);
}

std::int64_t Database::number(std::string_view sql) const {
  Statement statement = query(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::check() const {
  std::string findings;
  try {
    Statement pages = query("PRAGMA quick_check");
    while (pages.step())
      if (const std::string line = pages.text(0); line != "ok") findings += line + '\n';
    Statement keys = query("PRAGMA foreign_key_check");
    while (keys.step())
      findings += fmt::format("a row of '{}' refers to a missing row of '{}'\n", keys.text(0), keys.text(2));
  } catch (const Error& error) {
    // Too corrupt even to be checked.
    if (error.kind() != Kind::integrity) throw;
    findings += fmt::format("{}\n", error.what());
  }
  return findings;
}

void Database::fail_open() const {
  const int error = sqlite3_system_errno(handle_.get());
  const std::string what = fmt::format("cannot open '{}'", printable(path_));
  // SQLite tries its log again read-only when it can't be opened for writing, and keeps only the second errno.
  const bool is_there = faccessat(AT_FDCWD, path_.c_str(), F_OK, 0) == 0;
  if (error == ENOENT && is_there) fail(Kind::failure, "cannot open the files beside '{}'", printable(path_));
  if (error == ENOENT) fail(Kind::not_found, "{}: no such file or directory", what);
  if (error != 0) sys::fail_errno(error, what);
  fail(Kind::failure, "{}", what);
}

void Database::fail_sqlite(int code) const {
  const std::string path = printable(path_);
  const std::string reason = printable(sqlite3_errmsg(handle_.get()));
  const int error = sqlite3_system_errno(handle_.get());
  // The braces are for clang 14, which destroys the temporaries of a bare `case` on other ways out of the switch too.
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: {
      sys::check_interrupt();
      fail_hint(Kind::busy, "try again later, or wait longer with --lock-timeout", "'{}' is held by {}", path,
                holders_but_us(path_ + "-shm"));
    }
    case SQLITE_CANTOPEN:
      fail_open();
    case SQLITE_FULL: {
      sys::fail_errno(ENOSPC, fmt::format("cannot write '{}'", path));
    }
    case SQLITE_READONLY: {
      // Only for the reason: the answer is no.
      if (faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) < 0)
        sys::fail_errno(errno, fmt::format("cannot write '{}'", path));
      fail_hint(Kind::unsupported, "check the permissions and the owner", "cannot write '{}': {}", path, reason);
    }
    case SQLITE_IOERR: {
      if (error != 0) sys::fail_errno(error, fmt::format("cannot read or write '{}'", path));
      fail_hint(Kind::failure, "the disk may be failing; see the kernel log (dmesg)", "cannot read or write '{}': {}",
                path, reason);
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: {
      fail_hint(
          Kind::integrity,
          "move the file away: the next command takes the images over from index.json; functions are to be set again",
          "'{}' is corrupt: {}", path, reason);
    }
    case SQLITE_NOMEM: {
      fail(Kind::failure, "'{}': out of memory", path);
    }
    default: {
      fail(Kind::internal, "'{}': {}", path, reason);
    }
  }
}

Transaction::Transaction(const Database& db, Durable durable) : db_(&db), durable_(durable) {
  if (durable_ == Durable::later) db_->execute("PRAGMA synchronous=NORMAL");
  try {
    db_->execute("BEGIN IMMEDIATE");
  } catch (...) {
    // No destructor will run, and other transactions of this connection are to be durable at once.
    if (durable_ == Durable::later) db_->execute("PRAGMA synchronous=FULL");
    throw;
  }
}

Transaction::~Transaction() {
  if (!db_) return;
  try {
    end("ROLLBACK");
  } catch (...) {
    // After some errors SQLite has rolled back itself.
  }
}

void Transaction::commit() {
  end("COMMIT");
  db_ = nullptr;
}

void Transaction::end(const char* sql) {
  db_->execute(sql);
  if (durable_ == Durable::later) db_->execute("PRAGMA synchronous=FULL");
}

Snapshot::~Snapshot() {
  try {
    db_.execute("COMMIT");
  } catch (...) {
    // Nothing was written.
  }
}

}  // namespace fn::db
