// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/verb_names.hpp"

#include <fmt/format.h>

namespace fn::cli {
namespace {

// The line is split here because bash splits words at ':', '=' and '@', which references and flags are full of.
constexpr std::string_view bash_engine = R"(
_TOOL() {
    local line=${COMP_LINE:0:COMP_POINT} words cur kind='' word
    local verb='' flag='' ended='' place=0 home=()
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    cur=${words[${#words[@]} - 1]}

    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $flag ]]; then
            [[ $flag == --home ]] && home=(--home "${word/#\~\//$HOME/}")
            flag=''
        elif [[ $ended || $word != -?* ]]; then
            if _TOOL_verbs "$verb" >/dev/null; then verb=${verb:+$verb }$word; else place=$((place + 1)); fi
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --home=* ]]; then
            home=("$word")
        elif _TOOL_value "$verb" "$word" >/dev/null; then
            flag=$word
        fi
    done

    local prefix=''
    if [[ ! $flag && ! $ended && $cur == --*=* ]]; then
        flag=${cur%%=*}
        prefix=$flag=
        cur=${cur#*=}
    fi
    if [[ $flag ]]; then
        kind=$(_TOOL_value "$verb" "$flag")
    elif [[ ! $ended && $cur == -* ]]; then
        kind=$(_TOOL_flags "$verb")
    else
        kind=$(_TOOL_verbs "$verb") || kind=$(_TOOL_value "$verb" "$place")
    fi

    local image=''
    if [[ $kind == %source ]]; then
        kind=%nothing
        if [[ $cur == *=* ]]; then
            prefix+=${cur%%=*}=
            cur=${cur#*=}
            kind=%file
            [[ image: == "$cur"* ]] && image=image:
        fi
        if [[ $kind == %file && $cur == image:* ]]; then
            prefix+=image:
            cur=${cur#image:}
            kind=%references
        fi
    fi
    case $kind in
        %nothing) ;;
        %file)
            compopt -o filenames
            while read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
            [[ $image ]] && COMPREPLY+=("$image") && compopt -o nospace
            ;;
        %directory)
            compopt -o filenames
            while read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$cur")
            ;;
        *)
            [[ $kind == %* ]] && kind=$("${words[0]/#\~\//$HOME/}" "${home[@]}" --generate "${kind#%}" 2>/dev/null)
            while read -r word; do
                [[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
            done <<<"${kind// /$'\n'}"
            ;;
    esac

    # Bash replaces only what stands behind the last of its break characters.
    local breaks=${COMP_WORDBREAKS//[!:=@]/} whole=$prefix$cur
    COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
    [[ $breaks ]] && COMPREPLY=("${COMPREPLY[@]#"${whole%"${whole##*["$breaks"]}"}"}")
}

complete -F _TOOL TOOL
)";

std::string kind(const Value& value) {
  switch (value.complete) {
    case Complete::file:
      return "%file";
    case Complete::directory:
      return "%directory";
    case Complete::source:
      return "%source";
    default:
      break;
  }
  if (const auto what = asked_of_tool(value.complete); !what.empty()) return fmt::format("%{}", what);
  return fmt::format("{}", fmt::join(offered_words(value), " "));
}

Words names(const Flag& flag) {
  Words both;
  for (const std::string& name : {flag.short_name, flag.long_name})
    if (!name.empty()) both.push_back(name);
  return both;
}

// "'build --tag' | 'build -t'", or "*' --home'" for a flag of every verb.
std::string pattern(std::string_view verb, const Flag& flag) {
  Words patterns;
  for (const std::string& name : names(flag))
    patterns.push_back(flag.global ? fmt::format("*' {}'", name) : fmt::format("'{} {}'", verb, name));
  return fmt::format("{}", fmt::join(patterns, " | "));
}

std::string flag_list(const Command::Definition& definition) {
  Words list;
  for (const Flag& flag : definition.flags)
    if (!flag.hidden) list.push_back(flag.name());
  return fmt::format("{}", fmt::join(list, " "));
}

std::string case_line(std::string_view pattern, std::string_view answer) {
  return fmt::format("        {}) echo '{}' ;;\n", pattern, answer);
}

std::string word_list(const std::vector<Verb>& verbs, std::string_view group) {
  Words words;
  for (const VerbWord& each : verb_words(verbs, group)) words.push_back(each.word);
  return fmt::format("{}", fmt::join(words, " "));
}

std::string verb_cases(const std::vector<Verb>& verbs) {
  const std::string first = word_list(verbs, "");
  std::string cases = case_line("''", first + " help") + case_line("'help'", first);
  for (const std::string& group : verb_groups(verbs))
    cases += case_line(fmt::format("'{0}' | 'help {0}'", group), word_list(verbs, group));
  return cases;
}

std::string value_cases(std::string_view verb, const Command::Definition& definition, bool global) {
  std::string cases;
  for (const Flag& flag : definition.flags)
    if (flag.value && !flag.hidden && flag.global == global) cases += case_line(pattern(verb, flag), kind(*flag.value));
  return cases;
}

std::string positional_cases(std::string_view verb, const Command::Definition& definition) {
  std::string cases;
  for (std::size_t i = 0; i < definition.positionals.size(); ++i) {
    const Positional& positional = definition.positionals[i];
    const std::string place =
        positional.repeatable ? fmt::format("'{} '[0-9]*", verb) : fmt::format("'{} {}'", verb, i);
    cases += case_line(place, kind(positional.value));
  }
  return cases;
}

}  // namespace

std::string bash_completion(const Description& tool) {
  const std::string_view name = tool.app.name;
  std::string flags = case_line("''", flag_list(tool.definition));
  std::string values = value_cases("", tool.definition, true) + value_cases("", tool.definition, false);
  for (const auto& [verb, definition] : tool.verbs) {
    flags += case_line(fmt::format("'{}'", verb.name), flag_list(definition));
    values += value_cases(verb.name, definition, false) + positional_cases(verb.name, definition);
  }

  std::string script = fmt::format(
      "# shellcheck shell=bash\n# Completion of {0} for bash, made by '{0} --generate complete-bash'.\n\n", name);
  script += "# The words that may follow $1 (the words of the verb so far). Fails if $1 is a complete verb.\n";
  script += fmt::format("_{}_verbs() {{\n    case $1 in\n{}        *) return 1 ;;\n    esac\n}}\n\n", name,
                        verb_cases(tool.app.verbs));
  script += fmt::format("_{}_flags() {{\n    case $1 in\n{}    esac\n}}\n\n", name, flags);
  script +=
      "# What goes in place $2 of verb $1 (the value of that flag, or the argument of that number): words, or a kind "
      "of thing.\n";
  script += "# Fails where nothing is expected.\n";
  script +=
      fmt::format("_{}_value() {{\n    case \"$1 $2\" in\n{}        *) return 1 ;;\n    esac\n}}\n", name, values);
  return script + for_tool(bash_engine, name);
}

}  // namespace fn::cli
