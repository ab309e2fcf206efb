// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"
#include "cli/definition.hpp"
#include "cli/progress.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fn::cli {

// The flags that every verb has, and those that stand before a verb only.
struct Globals {
  bool short_help = false;
  bool long_help = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool dry_run = false;
  std::optional<std::string> home;
  std::string color = "auto";
  std::optional<std::string> progress;
  std::optional<std::string> lock_timeout;

  bool version = false;
  std::optional<std::string> generate;
};

// What `--generate` makes.
const Words& generated_things();

// The flags of the tool itself, those of a group of verbs (the global ones), and a verb's: its own after the global
// ones, so that these are known when one of the former is wrong.
Command::Definition tool_definition(Globals& globals);
Command::Definition group_definition(Globals& globals);
Command::Definition verb_definition(const Verb& verb, Globals& globals, Verb::Run& run);

// The decisions that flags and environment make together; flags win. Throw usage for what can't be read.
std::string home_of(const Globals& globals, const App& app);
std::chrono::milliseconds lock_timeout_of(const Globals& globals);
ProgressMode progress_of(const Globals& globals);
// Colour on the stream `fd`: --color, NO_COLOR (no-color.org), FORCE_COLOR and CLICOLOR_FORCE, TERM=dumb, and whether
// it is a terminal.
bool color_of(const Globals& globals, int fd);

}  // namespace fn::cli
