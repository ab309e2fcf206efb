// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"

namespace fn::cli {
namespace {

constexpr std::string_view engine = R"script(
_TOOL_references() {
    local -a references
    references=(${(f)"$($TOOL_command $TOOL_home --generate references 2>/dev/null)"})
    compadd -- $references
}

_TOOL() {
    local curcontext=$curcontext state line ret=1 TOOL_command=${(Q)~words[1]}
    local -A opt_args
    local -a TOOL_home
    integer at=${words[(I)--home(|=*)]}
    if ((at)) && [[ $words[at] == --home ]]; then
        TOOL_home=(--home ${(Q)~words[at + 1]})
    elif ((at)); then
        TOOL_home=(${(Q)words[at]})
    fi

    _arguments -C -s -S $_TOOL_flags '(-): :_TOOL_verbs' '(-)*:: :->verb' && ret=0
    if [[ $state == verb ]]; then
        curcontext=${curcontext%:*:*}:TOOL-$words[1]:
        if (($+functions[_TOOL_verb_$words[1]])); then
            _TOOL_verb_$words[1] && ret=0
        fi
    fi
    return ret
}

_TOOL "$@"
)script";

// For the inside of single quotes.
std::string quoted(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'')
      escaped += "'\\''";
    else
      escaped += c;
  }
  return escaped;
}

// For a part of a specification of _arguments, inside single quotes.
std::string part(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return quoted(escaped);
}

// ":NAME:ACTION"
std::string value_part(const Value& value, std::string_view tool) {
  std::string action;
  switch (value.complete) {
    case Complete::file:
      action = "_files";
      break;
    case Complete::directory:
      action = "_files -/";
      break;
    case Complete::reference:
      action = fmt::format("_{}_references", tool);
      break;
    case Complete::nothing:
      if (!value.choices.empty()) action = fmt::format("({})", fmt::join(value.choices, " "));
      break;
  }
  return fmt::format(":{}:{}", part(value.name), action);
}

// One word for each name; the names exclude each other unless the flag is repeatable.
std::string flag_specs(const Flag& flag, std::string_view tool) {
  const bool both = !flag.short_name.empty() && !flag.long_name.empty();
  std::string before =
      flag.repeatable ? "*" : fmt::format("({}{}{})", flag.short_name, both ? " " : "", flag.long_name);
  const std::string after = fmt::format("[{}]{}", part(flag.help), flag.value ? value_part(*flag.value, tool) : "");
  std::string specs;
  if (!flag.short_name.empty())
    specs += fmt::format("\n        '{}{}{}{}'", before, flag.short_name, flag.value ? "+" : "", after);
  if (!flag.long_name.empty())
    specs += fmt::format("\n        '{}{}{}{}'", before, flag.long_name, flag.value ? "=" : "", after);
  return specs;
}

std::string flag_specs(const Command::Definition& definition, std::string_view tool) {
  std::string specs;
  for (const Flag& flag : definition.flags)
    if (!flag.hidden) specs += flag_specs(flag, tool);
  return specs;
}

std::string positional_specs(const Command::Definition& definition, std::string_view tool) {
  std::string specs;
  for (const Positional& positional : definition.positionals) {
    const std::string_view place = positional.repeatable ? "*" : positional.required ? "" : ":";
    specs += fmt::format("\n        '{}{}'", place, value_part(positional.value, tool));
  }
  return specs;
}

}  // namespace

std::string zsh_completion(const Description& tool) {
  const std::string_view name = tool.app.name;
  std::string script =
      fmt::format("#compdef {0}\n# Completion of {0} for zsh, made by '{0} --generate complete-zsh'.\n\n", name);
  std::string verbs;
  for (const auto& [verb, definition] : tool.verbs) {
    verbs += fmt::format("        '{}:{}'\n", verb.name, quoted(verb.summary));
    script += fmt::format("_{0}_verb_{1}() {{\n    local -a specs=({2}{3}\n    )\n    _arguments -s -S $specs\n}}\n\n",
                          name, verb.name, flag_specs(definition, name), positional_specs(definition, name));
  }
  script += fmt::format(
      "_{0}_verbs() {{\n    local -a verbs=(\n{1}        'help:explains a verb'\n    )\n    _describe verb verbs\n}}\n",
      name, verbs);
  script += fmt::format("\n_{0}_verb_help() {{\n    _arguments ':verb:_{0}_verbs'\n}}\n", name);
  script += fmt::format("\ntypeset -ga _{}_flags=({}\n)\n", name, flag_specs(tool.definition, name));
  return script + for_tool(engine, name);
}

}  // namespace fn::cli
