// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"
#include "state/schema_steps.hpp"

#include <array>
#include <cstdint>

namespace fn::state {

// "fnst": identifies state.db, for file(1) too.
inline constexpr std::int32_t application_id = 0x666e7374;

// A released step is never edited: a change is a new step.
inline constexpr std::array schema{db::Migration{1, R"sql(
CREATE TABLE image (
  reference   TEXT PRIMARY KEY,  -- NAME:TAG
  media_type  TEXT NOT NULL,     -- of the manifest or index
  digest      TEXT NOT NULL,
  size        INTEGER NOT NULL CHECK (size >= 0),
  created     TEXT NOT NULL,     -- RFC 3339, or empty
  platform    TEXT NOT NULL,     -- OS/ARCHITECTURE[/VARIANT]
  layer_bytes INTEGER NOT NULL CHECK (layer_bytes >= 0),
  updated_at  INTEGER NOT NULL   -- seconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE image_layer (
  reference  TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
  position   INTEGER NOT NULL,   -- 0: the lowest
  name       TEXT NOT NULL,      -- empty if it has none
  media_type TEXT NOT NULL,
  digest     TEXT NOT NULL,
  diff_id    TEXT NOT NULL,
  size       INTEGER NOT NULL CHECK (size >= 0),
  follows    TEXT NOT NULL,      -- channel, or empty
  PRIMARY KEY (reference, position)
) STRICT, WITHOUT ROWID;
)sql"},
                                   db::Migration{2, R"sql(
-- The index: what was learned of layers and of files by reading them. All of it can be made again.

CREATE TABLE layer (             -- a blob that was read whole
  id       INTEGER PRIMARY KEY,
  digest   TEXT NOT NULL UNIQUE, -- of the blob
  size     INTEGER NOT NULL CHECK (size >= 0),
  diff_id  TEXT NOT NULL,
  made     INTEGER NOT NULL      -- 1: by a build, and its segments can be copied
) STRICT;

CREATE TABLE segment (           -- a piece of a tar, shared by all layers that have it
  id       INTEGER PRIMARY KEY,
  key      BLOB NOT NULL UNIQUE, -- SHA-256 of files
  files    BLOB NOT NULL         -- a row a file: layer/rows.hpp
) STRICT;

CREATE TABLE layer_segment (
  layer      INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  segment    INTEGER NOT NULL REFERENCES segment,
  coded      BLOB NOT NULL,      -- this and the following are empty or 0 unless the layer was made: layer/segment_store.hpp
  prefix     BLOB NOT NULL,
  offset     INTEGER NOT NULL,   -- of its compressed bytes in the blob
  size       INTEGER NOT NULL,
  checksum   BLOB NOT NULL,
  tar_state  BLOB NOT NULL,
  blob_state BLOB NOT NULL,
  seal       BLOB NOT NULL,      -- SHA-256 of the row and its layer's: one that was damaged is not believed
  PRIMARY KEY (layer, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX layer_segment_coded ON layer_segment (coded) WHERE coded <> x'';
CREATE INDEX layer_segment_prefix ON layer_segment (prefix) WHERE prefix <> x'';
CREATE INDEX layer_segment_segment ON layer_segment (segment);

CREATE TABLE source (            -- a directory that was built from
  device     INTEGER NOT NULL,
  inode      INTEGER NOT NULL,
  path       TEXT NOT NULL UNIQUE,
  files      BLOB NOT NULL,      -- a row a file: layer/stat_cache.hpp
  PRIMARY KEY (device, inode)
) STRICT;

CREATE TABLE package_list (      -- what a package manager's file in a segment says
  segment  INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,
  path     TEXT NOT NULL,
  packages BLOB NOT NULL,        -- package/package.hpp
  PRIMARY KEY (segment, path)
) STRICT, WITHOUT ROWID;
)sql"},
                                   db::Migration{3, R"sql(
CREATE TABLE function (
  name        TEXT PRIMARY KEY,
  image       TEXT NOT NULL,     -- NAME:TAG, or NAME@sha256:.. for one image for ever; need not be in the store any more
  memory      INTEGER NOT NULL CHECK (memory > 0),         -- bytes
  timeout     INTEGER NOT NULL CHECK (timeout > 0),        -- ms
  milli_cpus  INTEGER NOT NULL CHECK (milli_cpus >= 0),    -- thousandths of a processor; 0: no limit
  pids        INTEGER NOT NULL CHECK (pids >= 0),          -- 0: no limit
  protocol    TEXT NOT NULL CHECK (protocol IN ('exec', 'lambda')),
  handler     TEXT NOT NULL,     -- or empty
  network     TEXT NOT NULL CHECK (network IN ('none', 'loopback', 'host')),
  keep_alive  INTEGER NOT NULL CHECK (keep_alive >= 0),    -- ms
  concurrency INTEGER NOT NULL CHECK (concurrency >= 0),   -- 0: no limit
  command     TEXT NOT NULL,     -- JSON array of strings; []: what the image says
  created_at  INTEGER NOT NULL,  -- seconds since 1970
  updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE function_env (
  function TEXT NOT NULL REFERENCES function ON DELETE CASCADE,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (function, name)
) STRICT, WITHOUT ROWID;
)sql"},
                                   db::Migration{4, step_4},
                                   db::Migration{5, step_5},
                                   db::Migration{6, step_6}};

}  // namespace fn::state
