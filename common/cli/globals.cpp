// SPDX-License-Identifier: Apache-2.0
#include "cli/globals.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "sys/file.hpp"
#include "sys/term.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace fn::cli {
namespace {

Value progress_value() {
  return {.name = "MODE", .choices = {"auto", "plain", "none", "json"}};
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void declare_globals(Command& command, Globals& globals) {
  const Value color{.name = "WHEN", .choices = {"auto", "always", "never"}};
  const Value home{.name = "DIR", .complete = Complete::directory};
  command.flag("-h", globals.short_help, "show one screen of help")
      .flag("--help", globals.long_help, "show all help, examples first")
      .flag("--json", globals.json, "print one JSON document; errors are JSON too")
      .option("--color", globals.color, color,
              "use colours: auto, always or never (NO_COLOR and FORCE_COLOR are honoured)")
      .flag("-q,--quiet", globals.quiet, "print only what a script needs: no notes, no progress")
      .flag("-v,--verbose", globals.verbose, "print more")
      .option("--progress", globals.progress, progress_value(),
              "progress on stderr: auto, plain, none or json (FN_PROGRESS)")
      .option("--home", globals.home, home, "the state directory (FN_HOME)")
      .option("--lock-timeout", globals.lock_timeout, Value{.name = "DURATION"},
              "how long to wait for another process (default: 30s; FN_LOCK_TIMEOUT)");
}

}  // namespace

const Words& generated_things() {
  static const Words things{"schema",     "complete-bash", "complete-zsh", "complete-fish", "man-options",
                            "references", "channels",      "functions",    "instances"};
  return things;
}

Command::Definition tool_definition(Globals& globals) {
  Command::Definition definition;
  Command command(definition);
  declare_globals(command, globals);
  for (Flag& flag : definition.flags) flag.global = true;
  command.flag("--version", globals.version, "print the version");
  command.option("--generate", globals.generate, Value{.name = "WHAT", .choices = generated_things()}, "");
  definition.flags.back().hidden = true;
  return definition;
}

Command::Definition group_definition(Globals& globals) {
  Command::Definition definition = tool_definition(globals);
  std::erase_if(definition.flags, [](const Flag& flag) { return !flag.global; });
  return definition;
}

Command::Definition verb_definition(const Verb& verb, Globals& globals, Verb::Run& run) {
  Command::Definition definition;
  Command command(definition);
  declare_globals(command, globals);
  for (Flag& flag : definition.flags) flag.global = true;
  run = verb.declare(command);
  if (verb.has_effects) command.flag("-n,--dry-run", globals.dry_run, "show what would be done, and change nothing");
  return definition;
}

std::string home_of(const Globals& globals, const App& app) {
  if (globals.home && globals.home->empty()) fail(Kind::usage, "flag '--home' needs a directory");
  // Mounts, helpers and instances that outlive us look for it from elsewhere.
  if (globals.home) return sys::absolute_path(*globals.home);
  const std::string_view home = environment("FN_HOME");
  return sys::absolute_path(home.empty() ? app.default_home() : std::string(home));
}

std::chrono::milliseconds lock_timeout_of(const Globals& globals) {
  std::string subject = "flag '--lock-timeout'";
  std::string text = globals.lock_timeout.value_or("");
  if (!globals.lock_timeout) {
    subject = "FN_LOCK_TIMEOUT";
    text = environment("FN_LOCK_TIMEOUT");
    if (text.empty()) return std::chrono::seconds(30);
  }
  return duration_of(text, subject);
}

ProgressMode progress_of(const Globals& globals) {
  std::string text = globals.progress.value_or(std::string(environment("FN_PROGRESS")));
  if (text.empty()) return ProgressMode::automatic;
  check_choice(progress_value(), text, "FN_PROGRESS");
  if (text == "plain") return ProgressMode::plain;
  if (text == "none") return ProgressMode::none;
  if (text == "json") return ProgressMode::json;
  return ProgressMode::automatic;
}

bool color_of(const Globals& globals, int fd) {
  if (globals.color != "auto") return globals.color == "always";
  if (!environment("NO_COLOR").empty()) return false;
  for (const char* name : {"FORCE_COLOR", "CLICOLOR_FORCE"})
    if (const auto value = environment(name); !value.empty() && value != "0") return true;
  return environment("TERM") != "dumb" && sys::is_terminal(fd);
}

}  // namespace fn::cli
