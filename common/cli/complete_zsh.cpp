// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/verb_names.hpp"

#include <fmt/format.h>

namespace fn::cli {
namespace {

constexpr std::string_view zsh_engine = R"script(
# NAME=PATH, or NAME=image:REF.
_TOOL_source() {
    compset -P 1 '*=' || return 1
    if compset -P image:; then
        _TOOL_asked references
    else
        compadd -S '' image:
        _files
    fi
}

# _arguments puts options of its own before the word that says what.
_TOOL_asked() {
    local -a answer
    answer=(${(f)"$($TOOL_command $TOOL_home --generate ${@[-1]} 2>/dev/null)"})
    compadd -- $answer
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
std::string zsh_quoted(std::string_view text) {
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
  return zsh_quoted(escaped);
}

// Words of an action's list: a colon would end it.
std::string part_of_words(const Words& words) {
  Words parts;
  for (const std::string& word : words) parts.push_back(part(word));
  return fmt::format("{}", fmt::join(parts, " "));
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
    case Complete::source:
      action = fmt::format("_{}_source", tool);
      break;
    default:
      if (!offered_words(value).empty()) action = fmt::format("({})", part_of_words(offered_words(value)));
      break;
  }
  if (const auto what = asked_of_tool(value.complete); !what.empty()) action = fmt::format("_{}_asked {}", tool, what);
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

// The function that offers the words that may follow `group`.
std::string words_function(const Description& tool, std::string_view group) {
  std::string words;
  for (const auto& [word, meaning] : verb_words(tool.app.verbs, group))
    words += fmt::format("        '{}:{}'\n", word, zsh_quoted(meaning));
  if (group.empty()) words += "        'help:explains a verb'\n";
  return fmt::format("_{}_verbs{}{}() {{\n    local -a verbs=(\n{}    )\n    _describe verb verbs\n}}\n\n",
                     tool.app.name, group.empty() ? "" : "_", group, words);
}

// A group is completed as the tool is: a verb, then what the verb's own function says.
constexpr std::string_view group_function = R"script(_TOOL_verb_GROUP() {
    local curcontext=$curcontext state line ret=1
    local -A opt_args
    _arguments -C -s -S '(-): :_TOOL_verbs_GROUP' '(-)*:: :->verb' && ret=0
    if [[ $state == verb ]] && (($+functions[_TOOL_verb_GROUP_$words[1]])); then
        _TOOL_verb_GROUP_$words[1] && ret=0
    fi
    return ret
}

)script";

// 'help GROUP VERB' too.
constexpr std::string_view help_function = R"script(_TOOL_verb_help() {
    _arguments ':verb:_TOOL_verbs' '::verb:{(($+functions[_TOOL_verbs_$words[2]])) && _TOOL_verbs_$words[2]}'
}

)script";

}  // namespace

std::string zsh_completion(const Description& tool) {
  const std::string_view name = tool.app.name;
  std::string script =
      fmt::format("#compdef {0}\n# Completion of {0} for zsh, made by '{0} --generate complete-zsh'.\n\n", name);
  for (const auto& [verb, definition] : tool.verbs)
    script +=
        fmt::format("_{0}_verb_{1}() {{\n    local -a specs=({2}{3}\n    )\n    _arguments -s -S $specs\n}}\n\n", name,
                    name_in_one_word(verb.name, '_'), flag_specs(definition, name), positional_specs(definition, name));
  for (const std::string& group : verb_groups(tool.app.verbs))
    script += words_function(tool, group) + replaced(for_tool(group_function, name), "GROUP", group);
  script += words_function(tool, "") + for_tool(help_function, name);
  script += fmt::format("typeset -ga _{}_flags=({}\n)\n", name, flag_specs(tool.definition, name));
  return script + for_tool(zsh_engine, name);
}

}  // namespace fn::cli
