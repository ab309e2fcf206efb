// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace fn::cli {

enum class ProgressMode { automatic, plain, none, json };

// Progress of a long verb on stderr. automatic: a bar on a terminal after 500 ms, redrawn ten times a
// second; else nothing. plain: a line when a phase begins and ends. json: {"type":"progress",..} lines. Safe to call
// from several threads.
class Progress {
 public:
  Progress(ProgressMode mode, std::string tool, bool quiet);
  ~Progress();

  // Begins a phase: "building layer 'app'"; `total` bytes, 0 if unknown. Ends the one before.
  void phase(std::string_view what, Bytes total);
  void advance(Bytes bytes);
  // Ends the phase and removes the bar; messages may follow.
  void finish();
  // Prints "TOOL: note: MESSAGE" without disturbing the progress; an object {"type":"note","message":..} with json. Not
  // with `quiet`.
  void note(std::string_view message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::cli
