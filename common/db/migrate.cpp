// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "db/sqlite.hpp"

namespace fn::db {
namespace {

std::int64_t version_of(const Database& db) {
  Statement statement = db.query("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

}  // namespace

void migrate(Database& db, Database::Access access, const Migration* migrations, int count) {
  const auto last = [&] { return migrations[count - 1].version; };
  const auto refuse_newer = [&](std::int64_t version) {
    if (version > last())
      fail_hint(Kind::integrity, "use that version, or another directory with --home",
                "'{}' was made by a newer version of fn (schema {}, this one knows {})", printable(db.path()), version,
                last());
  };
  const std::int64_t found = version_of(db);
  refuse_newer(found);
  if (found == last()) return;
  if (access == Database::Access::read)
    fail_hint(Kind::integrity, "run 'fnimg gc' once: any command that writes upgrades it",
              "'{}' was made by an older version of fn (schema {}, this one needs {})", printable(db.path()), found,
              last());
  Transaction transaction(db);
  // Another process may have upgraded it first.
  const std::int64_t version = version_of(db);
  refuse_newer(version);
  for (int i = 0; i < count; ++i) {
    if (migrations[i].version <= version) continue;
    db.execute(migrations[i].sql);
    db.execute(fmt::format("PRAGMA user_version={}", migrations[i].version));
  }
  transaction.commit();
}

}  // namespace fn::db
