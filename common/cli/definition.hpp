// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

using Words = std::vector<std::string>;

struct Flag {
  std::string short_name;      // "-t" or ""
  std::string long_name;       // "--tag" or ""
  std::optional<Value> value;  // none for a switch
  bool repeatable = false;
  bool global = false;  // of every verb
  bool hidden = false;  // not shown in help, completion or schema
  std::string help;
  // Stores the given values (none for a switch). Throws usage if one is invalid.
  std::function<void(const Words& values)> store;

  const std::string& name() const { return long_name.empty() ? short_name : long_name; }
};

struct Positional {
  Value value;
  bool required = false;
  bool repeatable = false;  // takes all remaining arguments; only the last one can
  bool command = false;     // a command line with flags of its own
  std::string help;
  std::function<void(const Words& values)> store;
};

struct Command::Definition {
  std::vector<Flag> flags;
  std::vector<Positional> positionals;
  std::string stray_hint;  // see Command::refuse_others()
};

// "REF [DIR]..", "" without arguments.
std::string synopsis(const std::vector<Positional>& positionals);
// "REF" as shown in a synopsis: "[REF].." if it is optional and repeatable, "[-- CMD..]" if it is a command.
std::string synopsis(const Positional& positional);

// `text` in the form of parse_duration(). Throws usage; `subject`: "flag '--timeout'".
std::chrono::milliseconds duration_of(std::string_view text, std::string_view subject);

// Throws usage with did-you-mean unless `value` has no choices or `word` is one of them. `subject`: "flag '--color'".
void check_choice(const Value& value, std::string_view word, std::string_view subject);

}  // namespace fn::cli
