// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"
#include "cli/definition.hpp"
#include "cli/progress.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fn::cli {

// The flags of every verb, and those that are only valid before a verb.
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

// The argument of `--generate`.
const Words& generated_things();

// The flags of the tool itself, those of a group of verbs (the global ones), and a verb's: its own after the global
// ones, so that these are already known when one of the verb's own is invalid.
Command::Definition tool_definition(Globals& globals);
Command::Definition group_definition(Globals& globals);
Command::Definition verb_definition(const Verb& verb, Globals& globals, Verb::Run& run);

// Settings that flags and environment determine together; flags win. Throw usage for invalid values. The home is an
// absolute path.
std::string home_of(const Globals& globals, const App& app);
std::chrono::milliseconds lock_timeout_of(const Globals& globals);
ProgressMode progress_of(const Globals& globals);
// Colour on the stream `fd`: --color, NO_COLOR (no-color.org), FORCE_COLOR and CLICOLOR_FORCE, TERM=dumb, and whether
// it is a terminal.
bool color_of(const Globals& globals, int fd);

}  // namespace fn::cli
