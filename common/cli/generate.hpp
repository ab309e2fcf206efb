// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"
#include "cli/definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

// A tool with the definitions of all its verbs: the source of completions, schema and man page.
struct Description {
  struct DescribedVerb {
    const Verb& verb;
    Command::Definition definition;
  };
  const App& app;
  Command::Definition definition;
  std::vector<DescribedVerb> verbs;
};

Description describe(const App& app);

// What `--generate WHAT` prints; `what` is one of generated_things().
std::string generate(const App& app, std::string_view what, const std::string& home);

// `script` with each "TOOL" replaced by the name of the tool.
std::string for_tool(std::string_view script, std::string_view name);
// The same for any other placeholder.
std::string replaced(std::string_view script, std::string_view mark, std::string_view name);

// The argument of `--generate` that lists candidates for such a value; "" if there is none.
std::string_view asked_of_tool(Complete complete);

// The words that a shell may offer for such a value; none if it is not one of few.
const std::vector<std::string>& offered_words(const Value& value);

// One script each. They ask the tool for references and the like, with the --home of the line being completed.
std::string bash_completion(const Description& tool);
std::string zsh_completion(const Description& tool);
std::string fish_completion(const Description& tool);

// The flags of all verbs in scdoc(5), to be included in a man page.
std::string man_options(const Description& tool);

}  // namespace fn::cli
