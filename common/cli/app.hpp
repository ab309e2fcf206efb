// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

// A word that other tools have for a verb ("rmi", "function list") or a flag, and what does the same here: "run 'fnimg
// ls'". Where the hint has FN_HOME, it shows the directory of the state.
struct ForeignWord {
  std::string_view word;
  std::string_view hint;
};

// A tool: what main() hands to run().
struct App {
  std::string_view name;     // "fnimg"
  std::string_view version;  // "0.1.0"
  std::string_view summary;  // one line
  std::vector<Example> examples;
  std::vector<Verb> verbs;  // in the order of help
  std::vector<ForeignWord> foreign_verbs = {};
  std::vector<ForeignWord> foreign_flags = {};
  std::string (*default_home)();
  // The values that completion offers, one each; must not throw and answer in a few ms. May be empty.
  using Names = std::function<std::vector<std::string>(const std::string& home)>;
  Names references;
  Names channels = {};
  Names functions = {};
  Names instances = {};
};

// The whole run of a process: standard streams, signals, parse, plan, execute, report, exit code. The only place that
// catches. Global flags of every verb: -h, --help, --home, --json, -q/--quiet, -v/--verbose, --color, --progress,
// --lock-timeout; of the tool: --version and the hidden --generate
// schema|complete-bash|complete-zsh|complete-fish|man-options|references|channels|functions|instances.
int run(const App& app, int argc, char** argv);

}  // namespace fn::cli
