// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace fn::cli {
namespace {

// What CLI11 reports as the value of a flag without one. No process argument contains a NUL.
const std::string no_value(1, '\0');

bool is_flag(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

// CLI11 takes the word after "--label=" as the value. Two words, the second empty, mean what the user wrote.
Words spell_out_empty_values(const Command::Definition& definition, Words::const_iterator word,
                             Words::const_iterator end) {
  Words spelled;
  for (; word != end; ++word) {
    const auto is_empty = [&](const Flag& flag) { return flag.value && *word == flag.long_name + '='; };
    if (std::any_of(definition.flags.begin(), definition.flags.end(), is_empty)) {
      spelled.push_back(word->substr(0, word->size() - 1));
      spelled.emplace_back();
    } else {
      spelled.push_back(*word);
    }
  }
  return spelled;
}

// All values are optional and unchecked for CLI11, so that it has no errors of its own to report.
CLI::Option* declare(CLI::App& parser, const Flag& flag) {
  const bool both = !flag.short_name.empty() && !flag.long_name.empty();
  const std::string names = flag.short_name + (both ? "," : "") + flag.long_name;
  CLI::Option* option =
      flag.value ? parser.add_option(names)->expected(0, 1)->default_str(no_value) : parser.add_flag(names);
  return option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void store(const Flag& flag, const Words& values) {
  if (!flag.value) {
    // CLI11 knows --flag=WORD for switches as well.
    if (std::any_of(values.begin(), values.end(), [](const std::string& value) { return value != "true"; }))
      fail(Kind::usage, "flag '{}' takes no value", flag.name());
    return flag.store({});
  }
  const std::string& name = flag.value->name;
  if (std::find(values.begin(), values.end(), no_value) != values.end())
    fail_hint(Kind::usage, fmt::format("write '{0} {1}', or '{0}={1}' if {1} starts with '-'", flag.name(), name),
              "flag '{}' needs a value", flag.name());
  if (values.size() > 1 && !flag.repeatable) fail(Kind::usage, "flag '{}' given more than once", flag.name());
  flag.store(values);
}

// All single letters are equally close, so only long names are suggested.
Words long_names(const Command::Definition& definition) {
  Words names;
  for (const Flag& flag : definition.flags)
    if (!flag.hidden && !flag.long_name.empty()) names.push_back(flag.long_name);
  return names;
}

// `word` is a flag whose value is the next word.
bool takes_next_word(const Command::Definition& definition, const std::string& word) {
  const auto find = [&](const std::string& name) {
    return std::find_if(definition.flags.begin(), definition.flags.end(),
                        [&](const Flag& flag) { return flag.long_name == name || flag.short_name == name; });
  };
  if (word.starts_with("--")) {
    const auto flag = find(word);
    return flag != definition.flags.end() && flag->value;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const auto flag = find({'-', word[i]});
    if (flag == definition.flags.end()) return false;
    if (flag->value) return i + 1 == word.size();
  }
  return false;
}

// A command in two parts, or the value of a flag that has another name elsewhere, as '-v SRC:DST'.
[[noreturn]] void fail_stray_word(const Command::Definition& definition, const std::string& word) {
  const bool takes_mounts = std::any_of(definition.flags.begin(), definition.flags.end(),
                                        [](const Flag& flag) { return flag.long_name == "--mount"; });
  const bool is_mount = takes_mounts && word.find(':') != word.npos;
  fail_hint(
      Kind::usage,
      is_mount ? fmt::format("to mount it, use '--mount {}'", printable(word)) : "write the whole command after '--'",
      "'{}' stands before '--', and the command after it", printable(word));
}

void store(const Positional& positional, const Words& words) {
  for (const std::string& word : words)
    check_choice(positional.value, word, fmt::format("argument {}", positional.value.name));
  positional.store(words);
}

}  // namespace

Words take_flags(const Command::Definition& definition, const Words& words, Scope scope) {
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  parser.prefix_command(scope == Scope::before_verb);
  std::vector<CLI::Option*> options;
  for (const Flag& flag : definition.flags) options.push_back(declare(parser, flag));

  // CLI11 swallows a "--" after the value of a flag, so it gets to see only what is before it.
  const auto mark = std::find(words.begin(), words.end(), "--");
  Words reversed = spell_out_empty_values(definition, words.begin(), mark);
  std::reverse(reversed.begin(), reversed.end());
  parser.parse(std::move(reversed));

  for (std::size_t i = 0; i < options.size(); ++i)
    if (options[i]->count() > 0) store(definition.flags[i], options[i]->results());
  Words left_over = parser.remaining();
  left_over.insert(left_over.end(), mark, words.end());
  return left_over;
}

void refuse_flags(const Command::Definition& definition, const Words& left_over, std::string_view otherwise) {
  const auto end = std::find(left_over.begin(), left_over.end(), "--");
  const auto unknown = std::find_if(left_over.begin(), end, is_flag);
  if (unknown == end) return;
  // Of "-xyz" the preceding letters were known.
  const bool is_long = unknown->starts_with("--");
  const std::string name = is_long ? unknown->substr(0, unknown->find('=')) : unknown->substr(0, 2);
  fail_hint(Kind::usage, is_long ? did_you_mean(name, long_names(definition), otherwise) : std::string(otherwise),
            "unknown flag '{}'", printable(name));
}

void refuse_flags_of_command(const Command::Definition& definition, const Words& words) {
  if (definition.positionals.empty() || !definition.positionals.back().command) return;
  std::size_t arguments_left = definition.positionals.size() - 1;
  const std::string* program = nullptr;
  for (auto word = words.begin(); word != words.end() && *word != "--"; ++word) {
    const bool flag = is_flag(*word);
    if (flag && program)
      fail_hint(
          Kind::usage,
          fmt::format("write '-- {} {}', with the verb's own flags before '--'", printable(*program), printable(*word)),
          "flag '{}' comes after a command", printable(*word));
    if (flag && takes_next_word(definition, *word) && word + 1 != words.end()) ++word;
    if (flag) continue;
    if (arguments_left > 0)
      --arguments_left;
    else if (!program)
      program = &*word;
  }
}

void take_positionals(const Command::Definition& definition, const Words& left_over, const std::string& usage) {
  Words words = left_over;
  auto mark = std::find(words.begin(), words.end(), "--");
  const std::size_t before_mark = std::size_t(mark - words.begin());
  if (mark != words.end()) words.erase(mark);
  mark = words.begin() + std::ptrdiff_t(before_mark);
  const bool has_command = !definition.positionals.empty() && definition.positionals.back().command;
  auto next = words.begin();
  for (const Positional& positional : definition.positionals) {
    // Behind the mark is the command, not what may stand before it.
    if (next == mark && has_command && !positional.required && !positional.command) continue;
    if (next == words.end()) {
      if (positional.required) fail_hint(Kind::usage, usage, "missing argument {}", positional.value.name);
      continue;
    }
    if (positional.command && next < mark && mark != words.end()) fail_stray_word(definition, *next);
    const auto last = positional.repeatable ? words.end() : next + 1;
    store(positional, Words(next, last));
    next = last;
  }
  if (next == words.end()) return;
  const std::string& hint = definition.stray_hint;
  const std::size_t place = hint.find("{}");
  const std::string with_word = place == hint.npos ? usage : std::string(hint).replace(place, 2, printable(*next));
  fail_hint(Kind::usage, with_word, "unexpected argument '{}'", printable(*next));
}

}  // namespace fn::cli
