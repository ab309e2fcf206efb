// SPDX-License-Identifier: Apache-2.0
// A database from an image, given as bytes. It is read by SQLite, in memory and read-only, and nothing of it is
// believed: triggers, views, virtual tables and functions of its schema are off, no row may be larger than the file,
// and all rows of a query together may not be either. A budget of virtual machine steps bounds the time, since a schema
// or a b-tree can be made to keep SQLite busy.
//
// The size is compared with the header first (sqlite.org/fileformat2.html), because SQLite takes pages that are missing
// at the end for zeros. Whatever is wrong is `integrity`; out of memory is `failure`. SQLite reads from the copy of the
// bytes in this object, which must outlive the handle.
#include "db/untrusted.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <climits>
#include <sqlite3.h>

namespace fn::db {
namespace {

constexpr int operations_a_look = 1000;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Rows = std::unique_ptr<sqlite3_stmt, Finalize>;

// SQLite's progress handler; 1 interrupts.
int spend(void* context) {
  auto& left = *static_cast<std::int64_t*>(context);
  left -= operations_a_look;
  return left < 0 ? 1 : 0;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string(2, c) : std::string(1, c);
  return out + '"';
}

// Bytes 18 and 19 of the header say that there is a log beside the file; without one SQLite refuses to read from
// memory.
std::string without_log(std::string_view bytes) {
  std::string copy(bytes);
  if (copy.size() >= 20 && copy[18] == 2 && copy[19] == 2) copy[18] = copy[19] = 1;
  return copy;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(at, width)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

// sqlite.org/fileformat2.html, section 1.3. SQLite itself takes what is missing at the end for zeros.
void check_size(std::string_view bytes) {
  constexpr std::size_t header_size = 100;
  if (bytes.size() < header_size || !bytes.starts_with(std::string_view("SQLite format 3\0", 16)))
    fail(Kind::integrity, "not an SQLite database");
  const std::uint32_t noted = number_at(bytes, 16, 2);
  const std::size_t page = noted == 1 ? 65536 : noted;
  // Old versions did not keep the count of pages: it holds if it was written with the last change.
  const bool counted = number_at(bytes, 24, 4) == number_at(bytes, 92, 4);
  const std::size_t pages = counted ? number_at(bytes, 28, 4) : 1;
  if (page < 512 || bytes.size() % page != 0 || bytes.size() / page < pages)
    fail(Kind::integrity, "the database is truncated: {} bytes instead of {} pages of {}", bytes.size(), pages, page);
}

void harden(sqlite3* handle, std::size_t size) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 20);
}

}  // namespace

void UntrustedDatabase::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

UntrustedDatabase::UntrustedDatabase(std::string_view bytes, std::int64_t max_operations)
    : bytes_(without_log(bytes)), steps_left_(std::make_unique<std::int64_t>(max_operations)) {
  check_size(bytes_);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(opened);
  check(code);
  harden(opened, bytes_.size());
  auto* data = reinterpret_cast<unsigned char*>(bytes_.data());
  const auto size = static_cast<sqlite3_int64>(bytes_.size());
  check(sqlite3_deserialize(opened, "main", data, size, size, SQLITE_DESERIALIZE_READONLY));
  sqlite3_progress_handler(opened, operations_a_look, spend, steps_left_.get());
  check(sqlite3_exec(opened, "PRAGMA cell_size_check=ON; PRAGMA query_only=ON", nullptr, nullptr, nullptr));
}

// Tables that SQLite computes (virtual ones and views) are not plain tables. "PRAGMA table_list" would tell too, but it
// sets all of them up, those of the maker's choice included.
bool UntrustedDatabase::has_table(std::string_view table) const {
  sqlite3_stmt* prepared = nullptr;
  check(sqlite3_prepare_v2(handle_.get(),
                           "SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'table' AND "
                           "rootpage > 0 AND sql LIKE 'CREATE TABLE %'",
                           -1, &prepared, nullptr));
  const Rows rows(prepared);
  check(sqlite3_bind_text64(prepared, 1, table.data(), table.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  const int code = sqlite3_step(prepared);
  check(code);
  return code == SQLITE_ROW;
}

void UntrustedDatabase::each_blob(std::string_view table, std::string_view column,
                                  const std::function<void(std::string_view)>& visit) const {
  if (!has_table(table)) return;
  sqlite3_stmt* prepared = nullptr;
  const std::string sql = fmt::format("SELECT {1}.{0} FROM {1} NOT INDEXED", quoted(column), quoted(table));
  check(sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &prepared, nullptr));
  const Rows rows(prepared);
  std::size_t left = bytes_.size();
  int code = sqlite3_step(prepared);
  for (; code == SQLITE_ROW; code = sqlite3_step(prepared)) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(prepared, 0));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
    // No memory for it leaves an error and a null pointer; so does an empty value, without the error.
    if (!data) check(sqlite3_errcode(handle_.get()));
    if (size > left) fail(Kind::integrity, "its rows add up to more than the whole database");
    left -= size;
    visit(data ? std::string_view(data, size) : std::string_view());
  }
  check(code);
}

void UntrustedDatabase::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  if ((code & 0xff) == SQLITE_NOMEM) fail(Kind::failure, "SQLite: out of memory");
  if ((code & 0xff) == SQLITE_INTERRUPT) fail(Kind::integrity, "reading it takes too many steps");
  fail(Kind::integrity, "SQLite: {}", printable(sqlite3_errmsg(handle_.get())));
}

}  // namespace fn::db
