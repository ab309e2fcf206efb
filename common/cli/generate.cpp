// SPDX-License-Identifier: Apache-2.0
#include "cli/generate.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/globals.hpp"
#include "cli/help.hpp"

namespace fn::cli {
namespace {

std::string_view complete_name(Complete complete) {
  switch (complete) {
    case Complete::nothing:
      return "nothing";
    case Complete::file:
      return "file";
    case Complete::directory:
      return "directory";
    case Complete::source:
      return "source";
    case Complete::reference:
      return "reference";
    case Complete::channel:
      return "channel";
    case Complete::function:
      return "function";
    case Complete::instance:
      return "instance";
  }
  fail(Kind::internal, "no such completion");
}

Json flags_json(const Command::Definition& definition) {
  Json flags = Json::array();
  for (const Flag& flag : definition.flags) {
    if (flag.hidden) continue;
    Json names = Json::array();
    for (const std::string& name : {flag.short_name, flag.long_name})
      if (!name.empty()) names.push(name);
    Json object = Json::object();
    object.set("names", std::move(names)).set("value", flag.value ? Json(flag.value->name) : Json());
    object.set("complete", complete_name(flag.value ? flag.value->complete : Complete::nothing));
    object.set("choices", Json::strings(flag.value ? flag.value->choices : Words{}));
    object.set("repeatable", flag.repeatable).set("global", flag.global).set("help", flag.help);
    flags.push(std::move(object));
  }
  return flags;
}

Json positionals_json(const Command::Definition& definition) {
  Json positionals = Json::array();
  for (const Positional& positional : definition.positionals) {
    Json object = Json::object();
    object.set("name", positional.value.name).set("complete", complete_name(positional.value.complete));
    object.set("choices", Json::strings(positional.value.choices)).set("required", positional.required);
    object.set("repeatable", positional.repeatable).set("command", positional.command).set("help", positional.help);
    positionals.push(std::move(object));
  }
  return positionals;
}

Json examples_json(const std::vector<Example>& examples) {
  Json array = Json::array();
  for (const Example& example : examples)
    array.push(Json::object().set("command", example.command).set("what", example.what));
  return array;
}

Json exit_codes_json() {
  Json codes = Json::array();
  for (const ExitStatus& status : exit_statuses())
    codes.push(Json::object()
                   .set("code", status.code)
                   .set("kind", status.kind.empty() ? Json() : Json(status.kind))
                   .set("meaning", status.meaning));
  return codes;
}

std::string schema(const Description& tool) {
  Json verbs = Json::array();
  for (const auto& [verb, definition] : tool.verbs) {
    Json object = Json::object();
    object.set("name", verb.name).set("summary", verb.summary).set("effects", verb.has_effects);
    if (verb.default_exit != 0) object.set("own_trouble", verb.default_exit);
    object.set("flags", flags_json(definition)).set("positionals", positionals_json(definition));
    object.set("examples", examples_json(verb.examples));
    verbs.push(std::move(object));
  }
  Json document = Json::object();
  document.set("schema", fmt::format("{}.schema/1", tool.app.name)).set("tool", tool.app.name);
  document.set("version", tool.app.version).set("summary", tool.app.summary);
  document.set("flags", flags_json(tool.definition)).set("verbs", std::move(verbs));
  document.set("examples", examples_json(tool.app.examples)).set("exit_codes", exit_codes_json());
  return document.dump(2) + '\n';
}

std::string lines(const App::Names& names, const std::string& home) {
  std::string text;
  if (!names) return text;
  for (const std::string& name : names(home)) text += name + '\n';
  return text;
}

}  // namespace

Description describe(const App& app) {
  Globals globals;
  Description tool{.app = app, .definition = tool_definition(globals), .verbs = {}};
  for (const Verb& verb : app.verbs) {
    Verb::Run unused;
    tool.verbs.push_back({verb, verb_definition(verb, globals, unused)});
    // The variables for the values no longer exist.
    for (Flag& flag : tool.verbs.back().definition.flags) flag.store = nullptr;
    for (Positional& positional : tool.verbs.back().definition.positionals) positional.store = nullptr;
  }
  for (Flag& flag : tool.definition.flags) flag.store = nullptr;
  return tool;
}

std::string_view asked_of_tool(Complete complete) {
  switch (complete) {
    case Complete::reference:
      return "references";
    case Complete::channel:
      return "channels";
    case Complete::function:
      return "functions";
    case Complete::instance:
      return "instances";
    case Complete::nothing:
    case Complete::file:
    case Complete::directory:
    case Complete::source:
      break;
  }
  return {};
}

const std::vector<std::string>& offered_words(const Value& value) {
  return value.choices.empty() ? value.offers : value.choices;
}

std::string for_tool(std::string_view script, std::string_view name) {
  return replaced(script, "TOOL", name);
}

std::string replaced(std::string_view script, std::string_view mark, std::string_view name) {
  std::string text;
  for (std::size_t at = script.find(mark); at != std::string_view::npos; at = script.find(mark)) {
    text += script.substr(0, at);
    text += name;
    script.remove_prefix(at + mark.size());
  }
  text += script;
  return text;
}

std::string generate(const App& app, std::string_view what, const std::string& home) {
  if (what == "references") return lines(app.references, home);
  if (what == "channels") return lines(app.channels, home);
  if (what == "functions") return lines(app.functions, home);
  if (what == "instances") return lines(app.instances, home);
  const Description tool = describe(app);
  if (what == "schema") return schema(tool);
  if (what == "complete-bash") return bash_completion(tool);
  if (what == "complete-zsh") return zsh_completion(tool);
  if (what == "complete-fish") return fish_completion(tool);
  return man_options(tool);
}

}  // namespace fn::cli
