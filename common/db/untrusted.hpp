// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace fn::db {

// A SQLite database that somebody else made, read from its bytes alone: no file, no extension, no view or trigger that
// it brings has a say. A log beside it (-wal) is not seen. Throws integrity for all that is wrong with it.
class UntrustedDatabase {
 public:
  // Takes a copy. Honest readers need far less than `max_operations` steps of SQLite's machine.
  explicit UntrustedDatabase(std::string_view bytes, std::int64_t max_operations = 10'000'000);

  // Calls `visit` with each value of a column of a plain table, in the order of the rows; nothing if there is no such
  // table. Values are no longer together than the database. What `visit` throws is passed on.
  void each_blob(std::string_view table, std::string_view column,
                 const std::function<void(std::string_view)>& visit) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  bool has_table(std::string_view table) const;
  void check(int code) const;

  std::string bytes_;                       // of which SQLite holds a view
  std::unique_ptr<std::int64_t> patience_;  // steps left
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace fn::db
