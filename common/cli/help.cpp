// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "cli/verb_names.hpp"

#include <algorithm>

namespace fn::cli {
namespace {

constexpr std::size_t widest_left = 30;  // a longer flag stands on a line of its own
constexpr std::size_t few_examples = 3;
constexpr std::size_t few_flags = 12;

// A term and what it means.
struct Item {
  std::string term;
  std::string meaning;
};
using Items = std::vector<Item>;

// `text` in lines of at most `width` columns, broken at blanks.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines{""};
  for (const std::string& word : split(text, ' ')) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

// Two columns: terms, and their meanings, wrapped.
std::string two_columns(const Items& items, int width) {
  std::size_t left = 0;
  for (const Item& item : items)
    if (item.term.size() <= widest_left) left = std::max(left, item.term.size());
  const std::size_t indent = left + 4;
  const std::size_t right = std::max<std::size_t>(std::size_t(std::max(width, 40)) - indent, 20);

  std::string text;
  for (const Item& item : items) {
    std::string line = fmt::format("  {:<{}}", item.term, left + 2);
    if (item.term.size() > left) line = fmt::format("  {}\n{:{}}", item.term, "", indent);
    for (const std::string& part : wrap(item.meaning, right)) {
      text += line + part + '\n';
      line.assign(indent, ' ');
    }
  }
  return text;
}

class Page {
 public:
  explicit Page(const HelpStyle& style) : style_(style) {}

  bool is_short() const { return style_.size == HelpSize::one_screen; }
  void add(std::string_view text) { text_ += text; }
  void head(std::string_view title) { text_ += fmt::format("\n{}\n", styled(title, Style::bold, style_.color)); }
  void list(std::string_view title, const Items& items) {
    if (items.empty()) return;
    head(title);
    text_ += two_columns(items, style_.width);
  }

  void examples(const std::vector<Example>& examples) {
    if (examples.empty()) return;
    head("examples");
    const std::size_t count = is_short() ? std::min(examples.size(), few_examples) : examples.size();
    for (std::size_t i = 0; i < count; ++i)
      text_ += fmt::format("  {}\n      {}\n", examples[i].command, styled(examples[i].what, Style::dim, style_.color));
  }

  std::string str() && { return std::move(text_); }

 private:
  const HelpStyle& style_;
  std::string text_;
};

Items flag_items(const Command::Definition& definition, bool global) {
  Items items;
  for (const Flag& flag : definition.flags) {
    if (flag.global != global || flag.hidden) continue;
    const std::string indent = flag.short_name.empty() ? "    " : "";
    items.push_back({indent + flag_synopsis(flag), flag.help + (flag.repeatable ? " (may be repeated)" : "")});
  }
  return items;
}

Items exit_items() {
  Items items;
  for (const ExitStatus& status : exit_statuses())
    items.push_back({fmt::format("{:>3}", status.code), std::string(status.meaning)});
  return items;
}

}  // namespace

std::string flag_synopsis(const Flag& flag) {
  std::string text = flag.short_name;
  if (!flag.long_name.empty()) text += (text.empty() ? "" : ", ") + flag.long_name;
  if (flag.value) text += ' ' + flag.value->name;
  return text;
}

std::string usage_line(const App& app, const Verb& verb, const Command::Definition& definition) {
  const std::string arguments = synopsis(definition.positionals);
  return fmt::format("{} {} [FLAG]..{}{}", app.name, verb.name, arguments.empty() ? "" : " ", arguments);
}

std::vector<ExitStatus> exit_statuses() {
  std::vector<ExitStatus> statuses{{0, "", "done, yes, same"},
                                   {1, "", "the answer is no: there are differences, or a check found problems"}};
  const auto add = [&](Kind kind, std::string_view meaning) {
    statuses.push_back({static_cast<int>(kind), kind_name(kind), meaning});
  };
  add(Kind::usage, "bad flag or bad input");
  add(Kind::failure, "an operation failed");
  add(Kind::not_found, "no such image, channel, path, function or instance");
  add(Kind::busy, "held by another process for longer than --lock-timeout");
  add(Kind::integrity, "digest mismatch, corrupt or newer state");
  add(Kind::unsupported, "this host lacks a feature or a permission");
  add(Kind::partial, "only part of the work was done");
  add(Kind::internal, "a bug in the tool");
  add(Kind::timeout, "timed out");
  return statuses;
}

std::string tool_help(const App& app, const Command::Definition& definition, const HelpStyle& style) {
  Page page(style);
  page.add(fmt::format("{}: {}\n\nusage: {} VERB [FLAG].. [ARGUMENT]..\n", app.name, app.summary, app.name));
  page.examples(app.examples);
  Items verbs;
  for (const Verb& verb : app.verbs) verbs.push_back({std::string(verb.name), std::string(verb.summary)});
  page.list("verbs", verbs);
  if (page.is_short()) {
    page.add(fmt::format("\n'{0} VERB -h' explains a verb on one screen, '{0} --help' shows everything.\n", app.name));
    return std::move(page).str();
  }
  page.list("flags of every verb", flag_items(definition, true));
  page.list("flags of the tool", flag_items(definition, false));
  page.list("exit status", exit_items());
  page.add(fmt::format("\n'{0} VERB --help' or '{0} help VERB' explains a verb.\n", app.name));
  return std::move(page).str();
}

std::string group_help(const App& app, std::string_view group, const Command::Definition& definition,
                       const HelpStyle& style) {
  Page page(style);
  page.add(fmt::format("usage: {} {} VERB [FLAG].. [ARGUMENT]..\n", app.name, group));
  Items verbs;
  for (const auto& [word, meaning] : verb_words(app.verbs, group)) verbs.push_back({word, meaning});
  page.list("verbs", verbs);
  if (!page.is_short()) page.list("flags of every verb", flag_items(definition, true));
  page.add(fmt::format("\n'{} {} VERB --help' explains a verb.\n", app.name, group));
  return std::move(page).str();
}

std::string verb_help(const App& app, const Verb& verb, const Command::Definition& definition, const HelpStyle& style) {
  Page page(style);
  page.add(
      fmt::format("{} {}: {}\n\nusage: {}\n", app.name, verb.name, verb.summary, usage_line(app, verb, definition)));
  page.examples(verb.examples);
  Items arguments;
  for (const Positional& positional : definition.positionals)
    arguments.push_back({synopsis(positional), positional.help});
  page.list("arguments", arguments);
  Items flags = flag_items(definition, false);
  const std::size_t hidden = page.is_short() && flags.size() > few_flags ? flags.size() - few_flags : 0;
  flags.resize(flags.size() - hidden);
  page.list("flags", flags);
  if (page.is_short()) {
    const std::string more = hidden > 0 ? fmt::format("{} more flags of its own and ", hidden) : "";
    page.add(fmt::format("\n'{} {} --help' shows {}the flags of every verb.\n", app.name, verb.name, more));
    return std::move(page).str();
  }
  page.list("flags of every verb", flag_items(definition, true));
  page.add(fmt::format("\n'{} --help' lists the exit codes.\n", app.name));
  return std::move(page).str();
}

}  // namespace fn::cli
