// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/generate.hpp"

namespace fn::cli {
namespace {

// Text that scdoc(5) prints as it is.
std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*_\\`[]#<>|").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string bold(std::string_view text) {
  return fmt::format("*{}*", escape(text));
}
std::string underlined(std::string_view text) {
  return fmt::format("_{}_", escape(text));
}

std::string term(const Flag& flag) {
  std::string text = flag.short_name.empty() ? "" : bold(flag.short_name);
  if (!flag.long_name.empty()) text += (text.empty() ? "" : ", ") + bold(flag.long_name);
  if (flag.value) text += ' ' + underlined(flag.value->name);
  return text;
}

std::string definition_list(const Command::Definition& definition, bool global) {
  std::string text;
  for (const Flag& flag : definition.flags) {
    if (flag.global != global || flag.hidden) continue;
    text += fmt::format("{}\n\t{}{}\n\n", term(flag), escape(flag.help), flag.repeatable ? " (may be repeated)" : "");
  }
  return text;
}

std::string arguments(const std::vector<Positional>& positionals) {
  std::string text;
  for (const Positional& positional : positionals) {
    const std::string name =
        (positional.command ? "-- " : "") + underlined(positional.value.name) + (positional.repeatable ? " ..." : "");
    text += positional.required ? ' ' + name : fmt::format(" \\[{}\\]", name);
  }
  return text;
}

}  // namespace

std::string man_options(const Description& tool) {
  std::string text;
  for (const auto& [verb, definition] : tool.verbs) {
    text += fmt::format("## {} {}\n\n", tool.app.name, verb.name);
    text += fmt::format("{} \\[{} ...\\]{}\n\n", bold(fmt::format("{} {}", tool.app.name, verb.name)),
                        underlined("FLAG"), arguments(definition.positionals));
    text += escape(verb.summary) + ".\n\n";
    for (const Positional& positional : definition.positionals)
      text += fmt::format("{}\n\t{}\n\n", underlined(positional.value.name), escape(positional.help));
    text += definition_list(definition, false);
  }
  text += "## Flags of every verb\n\n" + definition_list(tool.definition, true);
  text += "## Flags of the tool\n\n" + definition_list(tool.definition, false);
  return text;
}

}  // namespace fn::cli
