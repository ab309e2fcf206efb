// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <functional>
#include <string>

namespace fn::cli {

// The output of a verb in its three forms; run() prints the requested one. `json` has no "schema" member: run() adds
// "fnimg.VERB/1", "fnrun.function.set/1". A verb whose answer is raw bytes (cat, export to "-") sets `write` instead of
// `text`.
struct Report {
  Json json = Json::object();
  std::string text = {};   // for people; ends with a newline unless empty
  std::string quiet = {};  // with -q: only what a script wants
  std::function<void(int fd)> write = {};
  // Called if the answer can't be printed: takes back what nobody can know of without it. Must not throw.
  std::function<void()> undo = {};
  int exit = 0;  // 1: the answer is no; 8: partial
};

}  // namespace fn::cli
