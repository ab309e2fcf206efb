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

inline constexpr std::string_view step_6 = R"sql(
CREATE TABLE channel (
  name      TEXT PRIMARY KEY,
  published INTEGER NOT NULL CHECK (published >= 0), -- versions, those that were removed too
  pinned    TEXT NOT NULL,       -- the version that followers get; empty: the newest
  held      INTEGER NOT NULL CHECK (held IN (0, 1))  -- 1: followers get none
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_version (
  channel    TEXT NOT NULL REFERENCES channel ON DELETE CASCADE,
  number     INTEGER NOT NULL,   -- in the order of publishing, from 1; never given again
  version    TEXT NOT NULL,
  media_type TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, created TEXT NOT NULL, platform TEXT NOT NULL,
  layer_bytes INTEGER NOT NULL,  -- of its manifest, as in the table image
  published_at INTEGER NOT NULL, -- seconds since 1970
  PRIMARY KEY (channel, number), UNIQUE (channel, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE image_update (      -- the journal
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  reference  TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('update', 'rollback')),
  before     TEXT NOT NULL, after TEXT NOT NULL, -- digests
  changed_at INTEGER NOT NULL    -- seconds since 1970
) STRICT;
CREATE INDEX image_update_reference ON image_update (reference);

CREATE TABLE updated_layer (
  change       INTEGER NOT NULL REFERENCES image_update ON DELETE CASCADE,
  layer        TEXT NOT NULL,    -- its name, or the number of the first of them
  channel      TEXT NOT NULL,    -- empty: it came from elsewhere
  from_number  INTEGER NOT NULL, to_number INTEGER NOT NULL, -- of the channel's versions; 0: another, or unknown
  from_version TEXT NOT NULL, to_version TEXT NOT NULL,      -- empty in this case
  PRIMARY KEY (change, layer)
) STRICT, WITHOUT ROWID;

CREATE TABLE earlier_image (     -- what a reference named before, and stays
  reference TEXT NOT NULL,
  media_type TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, created TEXT NOT NULL, platform TEXT NOT NULL,
  layer_bytes INTEGER NOT NULL,  -- as in the table image
  left_at    INTEGER NOT NULL,   -- seconds since 1970
  left_by    INTEGER NOT NULL,   -- the update that took its name; 0: no update, a function has its digest
  PRIMARY KEY (reference, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment_facts (     -- of the index: what those who load or run a segment's files look at
  segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE,
  form    INTEGER NOT NULL,      -- of facts: another than the reader's counts as nothing
  facts   BLOB NOT NULL          -- fnimg's image/file_facts.hpp
) STRICT;
)sql";

}  // namespace fn::state
