// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/definition.hpp"

#include <algorithm>
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

}  // namespace

void check_choice(const Value& value, std::string_view word, std::string_view subject) {
  const auto& choices = value.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end()) return;
  fail_hint(Kind::usage, did_you_mean(word, choices, fmt::format("it is one of {}", fmt::join(choices, ", "))),
            "{} can't be '{}'", subject, printable(word));
}

std::string synopsis(const Positional& positional) {
  return fmt::format(fmt::runtime(positional.required ? "{}{}" : "[{}]{}"), positional.value.name,
                     positional.repeatable ? ".." : "");
}

std::string synopsis(const std::vector<Positional>& positionals) {
  std::string text;
  for (const Positional& positional : positionals) text += (text.empty() ? "" : " ") + synopsis(positional);
  return text;
}

Command& Command::flag(std::string_view names, bool& target, std::string_view help) {
  Flag flag = make_flag(names, std::nullopt, help);
  flag.store = [&target](const Words&) { target = true; };
  definition_.flags.push_back(std::move(flag));
  return *this;
}

Command& Command::option(std::string_view names, std::string& target, Value value, std::string_view help) {
  definition_.flags.push_back(make_option(names, std::move(value), help,
                                          [&target](const std::string& word, const std::string&) { target = word; }));
  return *this;
}

Command& Command::option(std::string_view names, std::optional<std::string>& target, Value value,
                         std::string_view help) {
  definition_.flags.push_back(make_option(names, std::move(value), help,
                                          [&target](const std::string& word, const std::string&) { target = word; }));
  return *this;
}

Command& Command::option(std::string_view names, std::vector<std::string>& target, Value value, std::string_view help) {
  Flag flag = make_option(names, std::move(value), help,
                          [&target](const std::string& word, const std::string&) { target.push_back(word); });
  flag.repeatable = true;
  definition_.flags.push_back(std::move(flag));
  return *this;
}

Command& Command::option(std::string_view names, std::uint64_t& target, Value value, std::string_view help) {
  definition_.flags.push_back(
      make_option(names, std::move(value), help, [&target](const std::string& word, const std::string& subject) {
        const auto number = parse_uint(word);
        if (!number) fail(Kind::usage, "{} needs a whole number, not '{}'", subject, printable(word));
        target = *number;
      }));
  return *this;
}

Command& Command::bytes(std::string_view names, Bytes& target, std::string_view help) {
  definition_.flags.push_back(
      make_option(names, Value{.name = "SIZE"}, help, [&target](const std::string& word, const std::string& subject) {
        const auto size = parse_bytes(word);
        if (!size)
          fail_hint(Kind::usage, "sizes look like 500k, 64M or 1GiB", "{} needs a size, not '{}'", subject,
                    printable(word));
        target = *size;
      }));
  return *this;
}

Command& Command::positional(std::string& target, Value value, Required required, std::string_view help) {
  Positional positional{
      .value = std::move(value), .required = required == Required::yes, .help = std::string(help), .store = {}};
  positional.store = [&target](const Words& words) { target = words.front(); };
  definition_.positionals.push_back(std::move(positional));
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

}  // namespace fn::cli
