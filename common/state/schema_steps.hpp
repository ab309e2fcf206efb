// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fn::state {

// The later steps of the schema (state/schema.hpp).
inline constexpr std::string_view step_4 = R"sql(
-- All that a sandbox can have, and protocol auto. "command" was all of the command line: entrypoint '' keeps it so.
CREATE TABLE function_4 (
  name        TEXT PRIMARY KEY,
  image       TEXT NOT NULL,     -- as before, like all that has no comment here
  memory      INTEGER NOT NULL CHECK (memory >= 0),  -- 0: no limit
  timeout     INTEGER NOT NULL CHECK (timeout >= 0), -- 0: no limit
  milli_cpus  INTEGER NOT NULL CHECK (milli_cpus >= 0), pids INTEGER NOT NULL CHECK (pids >= 0),
  protocol    TEXT NOT NULL CHECK (protocol IN ('auto', 'exec', 'lambda')),
  handler     TEXT NOT NULL, network TEXT NOT NULL CHECK (network IN ('none', 'loopback', 'host')),
  keep_alive  INTEGER NOT NULL CHECK (keep_alive >= 0), concurrency INTEGER NOT NULL CHECK (concurrency >= 0),
  entrypoint  TEXT,              -- one program; '': none; NULL: what the image says
  command     TEXT NOT NULL,     -- JSON array of strings, the words after the entrypoint; []: what the image says
  mounts      TEXT NOT NULL, publish TEXT NOT NULL, -- JSON arrays of SRC:DST[:ro] and of ADDR:PORT:PORT
  user        TEXT, working_dir TEXT, -- NULL: what the image says
  writable    INTEGER NOT NULL CHECK (writable IN (0, 1)), init_timeout INTEGER NOT NULL CHECK (init_timeout >= 0),
  scratch     INTEGER NOT NULL CHECK (scratch >= 0), -- bytes of /tmp and all changes; 0: no limit
  seccomp     TEXT NOT NULL,     -- default, strict, off or the absolute path of a profile
  require     TEXT NOT NULL,     -- walls, separated by commas; or empty
  freeze      INTEGER NOT NULL CHECK (freeze IN (0, 1)), created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO function_4
  SELECT name, image, memory, timeout, milli_cpus, pids, protocol, handler, network, keep_alive, concurrency,
         CASE command WHEN '[]' THEN NULL ELSE '' END, command, '[]', '[]', NULL, NULL, 0, 10000, 67108864, 'default',
         '', 0, created_at, updated_at FROM function;

CREATE TABLE function_env_4 (
  function TEXT NOT NULL REFERENCES function_4 ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (function, name)
) STRICT, WITHOUT ROWID;
INSERT INTO function_env_4 SELECT function, name, value FROM function_env;

DROP TABLE function_env; DROP TABLE function;
ALTER TABLE function_4 RENAME TO function; ALTER TABLE function_env_4 RENAME TO function_env;
)sql";

inline constexpr std::string_view step_5 = R"sql(
CREATE TABLE unwritten (         -- what the table image got and lost since index.json was written from it
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  reference TEXT NOT NULL, digest TEXT NOT NULL, -- as in the table image
  UNIQUE (reference, digest)
) STRICT;

CREATE TABLE proof (             -- a blob's file that was read whole and had its digest
  digest TEXT PRIMARY KEY,
  file   TEXT NOT NULL           -- the file as it was then: state/proofs.cpp
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace fn::state
