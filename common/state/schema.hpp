// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"

#include <array>
#include <cstdint>

namespace fn::state {

// "fnst": what file(1) and we know state.db by.
inline constexpr std::int32_t application_id = 0x666e7374;

// A step that was released is never edited: what changes is a new step.
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
)sql"}};

}  // namespace fn::state
