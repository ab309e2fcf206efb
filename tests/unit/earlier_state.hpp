// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"
#include "state/schema.hpp"

#include <array>
#include <chrono>
#include <string>

namespace fn::state {

// Makes a state.db what it was after step `version` of the schema, as far as tables of later steps make the difference.
inline void make_earlier(const std::string& home, int version) {
  constexpr std::array<std::string_view, 6> made_by_step{
      "",
      "DROP TABLE package_list; DROP TABLE layer_segment; DROP TABLE segment; DROP TABLE layer; DROP TABLE source;",
      "DROP TABLE function_env; DROP TABLE function;",
      "",
      "DROP TABLE unwritten; DROP TABLE proof;",
      "DROP TABLE segment_facts; DROP TABLE earlier_image; DROP TABLE updated_layer; DROP TABLE image_update; DROP "
      "TABLE channel_version; "
      "DROP TABLE channel;"};
  db::Database db(home + "/state.db", db::Database::Access::write, application_id, std::chrono::seconds(5));
  for (int step = int(made_by_step.size()); step > version; --step) db.execute(made_by_step[std::size_t(step) - 1]);
  db.execute("PRAGMA user_version = " + std::to_string(version));
}

}  // namespace fn::state
