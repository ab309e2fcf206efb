// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"

namespace fn::cli {
namespace {

constexpr std::string_view engine = R"(
# The verb of the line that is completed; fails if there is none yet.
function __TOOL_verb
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        if contains -- $words[1] $__TOOL_valued
            set -e words[1]
        else if not string match -q -- '-*' $words[1]
            echo $words[1]
            return 0
        end
        set -e words[1]
    end
    return 1
end

function __TOOL_verb_is
    test (__TOOL_verb; or echo) = $argv[1]
end

function __TOOL_references
    set -l words (commandline -opc)
    set -l home
    for i in (seq 2 (count $words))
        switch $words[$i]
            case --home
                set home --home $words[(math $i + 1)]
            case '--home=*'
                set home $words[$i]
        end
    end
    $words[1] $home --generate references 2>/dev/null
end

complete -c TOOL -f
)";

std::string quoted(std::string_view text) {
  std::string escaped = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped + '\'';
}

// The options of complete(1) for a value.
std::string value_options(const Value& value, std::string_view tool) {
  switch (value.complete) {
    case Complete::file:
      return " -F";
    case Complete::directory:
      return " -a '(__fish_complete_directories (commandline -ct))'";
    case Complete::reference:
      return fmt::format(" -a '(__{}_references)'", tool);
    case Complete::nothing:
      break;
  }
  return value.choices.empty() ? "" : fmt::format(" -a {}", quoted(fmt::format("{}", fmt::join(value.choices, " "))));
}

std::string flag_line(const Flag& flag, std::string_view begin, std::string_view tool) {
  std::string line(begin);
  if (!flag.short_name.empty()) line += " -s " + flag.short_name.substr(1);
  if (!flag.long_name.empty()) line += " -l " + flag.long_name.substr(2);
  if (flag.value) line += (flag.value->complete == Complete::file ? " -r" : " -x") + value_options(*flag.value, tool);
  return line + " -d " + quoted(flag.help) + '\n';
}

std::string verb_lines(const Description::DescribedVerb& described, std::string_view tool) {
  const std::string begin = fmt::format("complete -c {0} -n '__{0}_verb_is {1}'", tool, described.verb.name);
  std::string lines;
  for (const Flag& flag : described.definition.flags)
    if (!flag.global && !flag.hidden) lines += flag_line(flag, begin, tool);
  for (const Positional& positional : described.definition.positionals)
    if (const std::string options = value_options(positional.value, tool); !options.empty())
      lines += begin + options + '\n';
  return lines;
}

}  // namespace

std::string fish_completion(const Description& tool) {
  const std::string_view name = tool.app.name;
  Words valued;
  std::string lines;
  const std::string everywhere = fmt::format("complete -c {}", name);
  const std::string no_verb = fmt::format("complete -c {0} -n 'not __{0}_verb >/dev/null'", name);
  for (const Flag& flag : tool.definition.flags) {
    if (flag.value) valued.push_back(flag.name());
    if (!flag.hidden) lines += flag_line(flag, flag.global ? everywhere : no_verb, name);
  }
  Words verbs;
  for (const auto& described : tool.verbs) {
    const Verb& verb = described.verb;
    verbs.emplace_back(verb.name);
    lines += fmt::format("{} -a {} -d {}\n", no_verb, verb.name, quoted(verb.summary));
    lines += verb_lines(described, name);
  }
  lines += fmt::format("{} -a help -d 'explains a verb'\n", no_verb);
  lines += fmt::format("complete -c {0} -n '__{0}_verb_is help' -a '{1}'\n", name, fmt::join(verbs, " "));

  std::string script = fmt::format("# Completion of {0} for fish, made by '{0} --generate complete-fish'.\n\n", name);
  script += fmt::format("set -g __{}_valued {}\n", name, fmt::join(valued, " "));
  return script + for_tool(engine, name) + lines;
}

}  // namespace fn::cli
