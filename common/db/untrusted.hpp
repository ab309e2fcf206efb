// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace fn::db {

// An untrusted SQLite database, read from its bytes alone: no files, extensions, views or triggers take effect. A log
// beside it (-wal) is ignored. Throws integrity for anything wrong with it.
class UntrustedDatabase {
 public:
  // Takes a copy. Honest readers need far less than `max_operations` steps of SQLite's machine.
  explicit UntrustedDatabase(std::string_view bytes, std::int64_t max_operations = 10'000'000);

  // Calls `visit` with each value of a column of a plain table, in the order of the rows; nothing if there is no such
  // table. All values together are at most as long as the database. Exceptions from `visit` are passed on.
  void each_blob(std::string_view table, std::string_view column,
                 const std::function<void(std::string_view)>& visit) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  bool has_table(std::string_view table) const;
  void check(int code) const;

  std::string bytes_;                         // SQLite holds a view of them
  std::unique_ptr<std::int64_t> steps_left_;  // steps left
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace fn::db
