// SPDX-License-Identifier: Apache-2.0
// What is parsed and written is the same when it is parsed again.
#include "base/json.hpp"

#include "fuzz.hpp"

void fn::fuzz::run(std::string_view input) {
  const auto json = accepted([&] { return Json::parse(input, "the input"); });
  if (!json) return;
  const std::string line = json->dump();
  require(Json::parse(line, "one line") == *json, "one line reads as another document");
  require(Json::parse(line, "one line").dump() == line, "one line is written differently the second time");
  require(Json::parse(json->dump(2), "the indented form") == *json, "the indented form reads as another document");
}
