// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"
#include "cli/definition.hpp"

#include <string>

namespace fn::cli {

enum class HelpSize { one_screen, everything };

struct HelpStyle {
  HelpSize size = HelpSize::one_screen;
  int width = 80;  // columns
  bool color = false;
};

std::string tool_help(const App& app, const Command::Definition& definition, const HelpStyle& style);
// The verbs of a group.
std::string group_help(const App& app, std::string_view group, const Command::Definition& definition,
                       const HelpStyle& style);
std::string verb_help(const App& app, const Verb& verb, const Command::Definition& definition, const HelpStyle& style);

// "fnimg inspect [FLAG].. REF"
std::string usage_line(const App& app, const Verb& verb, const Command::Definition& definition);

// "-t, --tag REF"
std::string flag_synopsis(const Flag& flag);

struct ExitStatus {
  int code;
  std::string_view kind;  // "" for 0 and 1, which are not errors
  std::string_view meaning;
};
// The exit codes of the suite, in order.
std::vector<ExitStatus> exit_statuses();

}  // namespace fn::cli
