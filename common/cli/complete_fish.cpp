// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/verb_names.hpp"

#include <fmt/format.h>

namespace fn::cli {
namespace {

constexpr std::string_view fish_engine = R"(
# The verb of the line that is completed, as far as it is there; fails if there is none yet.
function __TOOL_verb
    set -l words (commandline -opc)
    set -l verb
    set -e words[1]
    while set -q words[1]
        if contains -- $words[1] $__TOOL_valued
            set -e words[1]
        else if not string match -q -- '-*' $words[1]
            set -a verb $words[1]
            contains -- "$verb" $__TOOL_groups
            or break
        end
        set -e words[1]
    end
    set -q verb[1]
    and echo "$verb"
end

function __TOOL_verb_is
    test (__TOOL_verb; or echo) = "$argv"
end

function __TOOL_asked
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
    $words[1] $home --generate $argv[1] 2>/dev/null
end

# NAME=PATH, or NAME=image:REF.
function __TOOL_source
    set -l word (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
    set -l name (string match -r -- '^[^=]+=' $word)
    or return
    set -l source (string sub -s (math (string length -- $name) + 1) -- $word)
    if string match -q -- 'image:*' $source
        printf '%s\n' $name"image:"(__TOOL_asked references)
        return
    end
    echo $name"image:"
    for path in $source*
        test -d $path
        and echo $name$path/
        or echo $name$path
    end
end

complete -c TOOL -f
)";

std::string fish_quoted(std::string_view text) {
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
    case Complete::source:
      return fmt::format(" -a '(__{}_source)'", tool);
    default:
      break;
  }
  if (const auto what = asked_of_tool(value.complete); !what.empty())
    return fmt::format(" -a '(__{}_asked {})'", tool, what);
  const Words& words = offered_words(value);
  return words.empty() ? "" : fmt::format(" -a {}", fish_quoted(fmt::format("{}", fmt::join(words, " "))));
}

std::string flag_line(const Flag& flag, std::string_view begin, std::string_view tool) {
  std::string line(begin);
  if (!flag.short_name.empty()) line += " -s " + flag.short_name.substr(1);
  if (!flag.long_name.empty()) line += " -l " + flag.long_name.substr(2);
  if (flag.value) line += (flag.value->complete == Complete::file ? " -r" : " -x") + value_options(*flag.value, tool);
  return line + " -d " + fish_quoted(flag.help) + '\n';
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

// The words that may follow `group`; `begin` says when.
std::string word_lines(const std::vector<Verb>& verbs, std::string_view group, std::string_view begin) {
  std::string lines;
  for (const auto& [word, meaning] : verb_words(verbs, group))
    lines += fmt::format("{} -a {} -d {}\n", begin, word, fish_quoted(meaning));
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
  const std::vector<Verb>& verbs = tool.app.verbs;
  lines += word_lines(verbs, "", no_verb);
  lines += fmt::format("{} -a help -d 'explains a verb'\n", no_verb);
  lines += word_lines(verbs, "", fmt::format("complete -c {0} -n '__{0}_verb_is help'", name));
  Words groups{"help"};
  for (const std::string& group : verb_groups(verbs)) {
    const std::string with_help = "help " + group;
    for (const std::string& before : {group, with_help}) {
      lines += word_lines(verbs, group, fmt::format("complete -c {0} -n '__{0}_verb_is {1}'", name, before));
      groups.push_back(fish_quoted(before));
    }
  }
  for (const auto& described : tool.verbs) lines += verb_lines(described, name);

  std::string script = fmt::format("# Completion of {0} for fish, made by '{0} --generate complete-fish'.\n\n", name);
  script += fmt::format("set -g __{}_valued {}\n", name, fmt::join(valued, " "));
  script += fmt::format("set -g __{}_groups {}\n", name, fmt::join(groups, " "));
  return script + for_tool(fish_engine, name) + lines;
}

}  // namespace fn::cli
