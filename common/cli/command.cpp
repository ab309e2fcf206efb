// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/definition.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fn::cli {
namespace {

Flag make_flag(std::string_view names, std::optional<Value> value, std::string_view help) {
  Flag flag;
  for (std::string& name : split(names, ','))
    (name.starts_with("--") ? flag.long_name : flag.short_name) = std::move(name);
  flag.value = std::move(value);
  flag.help = help;
  return flag;
}

std::string subject_of(const Flag& flag) {
  return fmt::format("flag '{}'", flag.name());
}

// A flag whose value is made from one word by `convert(word, subject)`.
template <typename Convert>
Flag make_option(std::string_view names, Value value, std::string_view help, Convert convert) {
  Flag flag = make_flag(names, std::move(value), help);
  flag.store = [subject = subject_of(flag), value = *flag.value, convert](const Words& values) {
    for (const std::string& word : values) {
      check_choice(value, word, subject);
      convert(word, subject);
    }
  };
  return flag;
}

// The Target of the following is the type of the value or an optional of it.

template <typename Target>
Flag whole_number(std::string_view names, Target& target, Value value, std::string_view help) {
  return make_option(names, std::move(value), help, [&target](const std::string& word, const std::string& subject) {
    const auto number = parse_uint(word);
    if (!number) fail(Kind::usage, "invalid value '{}' for {}: not a whole number", printable(word), subject);
    target = *number;
  });
}

template <typename Target>
Flag size(std::string_view names, Target& target, std::optional<Bytes> (*parse)(std::string_view),
          std::string_view help) {
  return make_option(names, Value{.name = "SIZE"}, help,
                     [&target, parse](const std::string& word, const std::string& subject) {
                       const auto bytes = parse(word);
                       if (!bytes)
                         fail_hint(Kind::usage, "sizes look like 500k, 64M or 1GiB",
                                   "invalid value '{}' for {}: not a size", printable(word), subject);
                       target = *bytes;
                     });
}

template <typename Target>
Flag time_span(std::string_view names, Target& target, std::string_view help) {
  return make_option(
      names, Value{.name = "DURATION"}, help,
      [&target](const std::string& word, const std::string& subject) { target = duration_of(word, subject); });
}

template <typename Target>
Positional one_word(Target& target, Value value, Required required, std::string_view help) {
  Positional positional{
      .value = std::move(value), .required = required == Required::yes, .help = std::string(help), .store = {}};
  positional.store = [&target](const Words& words) { target = words.front(); };
  return positional;
}

}  // namespace

std::chrono::milliseconds duration_of(std::string_view text, std::string_view subject) {
  const auto duration = parse_duration(text);
  if (!duration)
    fail_hint(Kind::usage, "durations look like 500ms, 30s or 5m", "invalid value '{}' for {}: not a duration",
              printable(text), subject);
  return *duration;
}

void check_choice(const Value& value, std::string_view word, std::string_view subject) {
  const auto& choices = value.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end()) return;
  fail_hint(Kind::usage, did_you_mean(word, choices, fmt::format("use one of {}", fmt::join(choices, ", "))),
            "invalid value '{}' for {}", printable(word), subject);
}

std::string synopsis(const Positional& positional) {
  if (positional.command)
    return fmt::format(fmt::runtime(positional.required ? "-- {}.." : "[-- {}..]"), positional.value.name);
  return fmt::format(fmt::runtime(positional.required ? "{}{}" : "[{}]{}"), positional.value.name,
                     positional.repeatable ? ".." : "");
}

std::string synopsis(const std::vector<Positional>& positionals) {
  std::string text;
  for (const Positional& positional : positionals) text += (text.empty() ? "" : " ") + synopsis(positional);
  return text;
}

Command& Command::add(Flag flag) {
  definition_.flags.push_back(std::move(flag));
  return *this;
}

Command& Command::flag(std::string_view names, bool& target, std::string_view help) {
  Flag flag = make_flag(names, std::nullopt, help);
  flag.store = [&target](const Words&) { target = true; };
  return add(std::move(flag));
}

Command& Command::option(std::string_view names, std::string& target, Value value, std::string_view help) {
  return add(make_option(names, std::move(value), help,
                         [&target](const std::string& word, const std::string&) { target = word; }));
}

Command& Command::option(std::string_view names, std::optional<std::string>& target, Value value,
                         std::string_view help) {
  return add(make_option(names, std::move(value), help,
                         [&target](const std::string& word, const std::string&) { target = word; }));
}

Command& Command::option(std::string_view names, std::vector<std::string>& target, Value value, std::string_view help) {
  Flag flag = make_option(names, std::move(value), help,
                          [&target](const std::string& word, const std::string&) { target.push_back(word); });
  flag.repeatable = true;
  return add(std::move(flag));
}

Command& Command::option(std::string_view names, std::uint64_t& target, Value value, std::string_view help) {
  return add(whole_number(names, target, std::move(value), help));
}

Command& Command::option(std::string_view names, std::optional<std::uint64_t>& target, Value value,
                         std::string_view help) {
  return add(whole_number(names, target, std::move(value), help));
}

Command& Command::bytes(std::string_view names, Bytes& target, std::string_view help) {
  return add(size(names, target, parse_bytes, help));
}

Command& Command::bytes(std::string_view names, std::optional<Bytes>& target, std::string_view help) {
  return add(size(names, target, parse_bytes, help));
}

Command& Command::memory(std::string_view names, std::optional<Bytes>& target, std::string_view help) {
  return add(size(names, target, parse_memory, help));
}

Command& Command::duration(std::string_view names, std::chrono::milliseconds& target, std::string_view help) {
  return add(time_span(names, target, help));
}

Command& Command::duration(std::string_view names, std::optional<std::chrono::milliseconds>& target,
                           std::string_view help) {
  return add(time_span(names, target, help));
}

Command& Command::number(std::string_view names, std::optional<double>& target, std::string_view help) {
  return add(
      make_option(names, Value{.name = "N"}, help, [&target](const std::string& word, const std::string& subject) {
        const auto number = parse_decimal(word);
        if (!number)
          fail_hint(Kind::usage, "numbers look like 2 or 0.5", "invalid value '{}' for {}: not a number",
                    printable(word), subject);
        target = *number;
      }));
}

Command& Command::positional(std::string& target, Value value, Required required, std::string_view help) {
  definition_.positionals.push_back(one_word(target, std::move(value), required, help));
  return *this;
}

Command& Command::positional(std::optional<std::string>& target, Value value, std::string_view help) {
  definition_.positionals.push_back(one_word(target, std::move(value), Required::no, help));
  return *this;
}

Command& Command::positional(std::vector<std::string>& target, Value value, Required required, std::string_view help) {
  Positional positional{.value = std::move(value),
                        .required = required == Required::yes,
                        .repeatable = true,
                        .help = std::string(help),
                        .store = {}};
  positional.store = [&target](const Words& words) { target = words; };
  definition_.positionals.push_back(std::move(positional));
  return *this;
}

Command& Command::command(std::vector<std::string>& target, Value value, Required required, std::string_view help) {
  positional(target, std::move(value), required, help);
  definition_.positionals.back().command = true;
  return *this;
}

Command& Command::refuse_others(std::string_view hint) {
  definition_.stray_hint = hint;
  return *this;
}

}  // namespace fn::cli
