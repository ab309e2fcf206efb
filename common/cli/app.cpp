// SPDX-License-Identifier: Apache-2.0
// One run of a tool, in one thread, from main()'s arguments to its exit code: standard streams that are closed are
// opened, signals set a flag from now on, and the words are taken in three steps: flags of the tool, the verb (perhaps
// of a group), flags and operands of the verb. Then the verb's body makes a Report, which is printed when all is done.
//
// run() is the one place that catches. An interrupt ends the process by the signal itself, after the stack has unwound,
// so that the shell sees it; an Error that came of the interrupt counts as one. Whether --json is there is looked up
// before anything is parsed, since even a command line that is wrong is to be answered in JSON then. A tool never runs
// with more rights than its caller, and refuses before the environment is looked at.
#include "cli/app.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/generate.hpp"
#include "cli/globals.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/verb_names.hpp"
#include "sys/fd.hpp"
#include "sys/process.hpp"
#include "sys/signal.hpp"
#include "sys/term.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <sched.h>
#include <thread>
#include <unistd.h>

namespace fn::cli {
namespace {

// The processors that this process may use; a container or taskset(1) can restrict them.
unsigned usable_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(std::thread::hardware_concurrency(), 1U);
}

std::string take_first(Words& words) {
  std::string first = std::move(words.front());
  words.erase(words.begin());
  return first;
}

// SIGPIPE, which is to kill us silently, waits until all is taken back.
void print_or_undo(const OutputFormat& format, const Verb& verb, const Report& report) {
  if (!report.undo) return print_report(format, verb.name, report);
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  try {
    print_report(format, verb.name, report);
  } catch (...) {
    report.undo();
    pthread_sigmask(SIG_UNBLOCK, &broken_pipe, nullptr);
    throw;
  }
}

// One run of the tool, from the words of the command line to the exit code.
class Session {
 public:
  Session(const App& app, Words words) : app_(app), words_(std::move(words)) {
    // Must work on an invalid command line too, so it is looked up before parsing.
    const auto end = std::find(words_.begin(), words_.end(), "--");
    globals_.json = std::find(words_.begin(), end, "--json") != end;
  }

  int run();
  // The exit code for `error`: its own code, or the verb's default, or its kind.
  int exit_of(const Error& error) const {
    if (error.exit() != 0) return error.exit();
    return verb_ != nullptr && verb_->default_exit != 0 ? verb_->default_exit : static_cast<int>(error.kind());
  }
  // As far as the command line was parsed.
  OutputFormat format() const {
    return {.tool = std::string(app_.name),
            .json = globals_.json,
            .quiet = globals_.quiet,
            .color_stderr = color_of(globals_, STDERR_FILENO)};
  }

 private:
  int run_group(const std::string& group, const Words& words);
  int run_verb(const Verb& verb, const Words& words);
  int run_without_verb();
  int show_help(const std::string& help, const std::string& command) const;
  int execute(const Verb& verb, const Verb::Run& body);
  const Verb& find_verb(const std::string& group, const std::string& word) const;
  void refuse_foreign(const std::vector<ForeignWord>& table, std::string_view word, std::string_view what) const;
  void refuse_foreign_flags(const Words& left_over) const;
  HelpStyle help_style() const;

  const App& app_;
  Words words_;
  Globals globals_;
  const Verb* verb_ = nullptr;  // once it is known
};

int Session::run() {
  const Command::Definition definition = tool_definition(globals_);
  Words rest = take_flags(definition, words_, Scope::before_verb);
  if (globals_.version || globals_.generate || rest.empty()) return run_without_verb();
  refuse_flags(definition, {rest.front()}, "a verb's flags go after the verb");

  std::string name = take_first(rest);
  if (name == "help") {
    globals_.long_help = true;
    if (rest.empty()) return run_without_verb();
    name = take_first(rest);
  }
  const Words groups = verb_groups(app_.verbs);
  if (std::find(groups.begin(), groups.end(), name) != groups.end()) return run_group(name, rest);
  return run_verb(find_verb("", name), rest);
}

int Session::run_group(const std::string& group, const Words& words) {
  const Command::Definition definition = group_definition(globals_);
  Words rest = take_flags(definition, words, Scope::before_verb);
  if (rest.empty())
    return show_help(group_help(app_, group, definition, help_style()), fmt::format("{} {}", app_.name, group));
  refuse_flags(definition, {rest.front()}, "a verb's flags go after the verb");
  const std::string name = take_first(rest);
  return run_verb(find_verb(group, name), rest);
}

int Session::run_without_verb() {
  if (globals_.version) {
    if (globals_.json)
      print_json(Json::object().set("schema", fmt::format("{}.version/1", app_.name)).set("version", app_.version));
    else
      print(fmt::format("{} {}\n", app_.name, app_.version));
    return 0;
  }
  if (globals_.generate) {
    print(generate(app_, *globals_.generate, home_of(globals_, app_)));
    return 0;
  }
  return show_help(tool_help(app_, tool_definition(globals_), help_style()), std::string(app_.name));
}

int Session::show_help(const std::string& help, const std::string& command) const {
  if (globals_.short_help || globals_.long_help) {
    print(help);
    return 0;
  }
  if (globals_.json) fail_hint(Kind::usage, fmt::format("run '{} -h' for the list", command), "no verb given");
  say(help);
  return static_cast<int>(Kind::usage);
}

int Session::run_verb(const Verb& verb, const Words& words) {
  verb_ = &verb;
  Verb::Run body;
  const Command::Definition definition = verb_definition(verb, globals_, body);
  refuse_flags_of_command(definition, words);
  const Words left_over = take_flags(definition, words, Scope::all);
  if (globals_.short_help || globals_.long_help) {
    print(verb_help(app_, verb, definition, help_style()));
    return 0;
  }
  refuse_foreign_flags(left_over);
  const bool has_command = !definition.positionals.empty() && definition.positionals.back().command;
  refuse_flags(definition, left_over,
               fmt::format("run '{} {} --help' to see its flags{}", app_.name, verb.name,
                           has_command ? "; flags of a command go after '--'" : ""));
  take_positionals(definition, left_over, "usage: " + usage_line(app_, verb, definition));
  return execute(verb, body);
}

int Session::execute(const Verb& verb, const Verb::Run& body) {
  const SystemClock clock;
  Progress progress(progress_of(globals_), std::string(app_.name), globals_.quiet);
  Context context{.home = home_of(globals_, app_),
                  .lock_timeout = lock_timeout_of(globals_),
                  .jobs = usable_processors(),
                  .json = globals_.json,
                  .quiet = globals_.quiet,
                  .verbose = globals_.verbose,
                  .color = color_of(globals_, STDOUT_FILENO),
                  .clock = clock,
                  .progress = progress};
  const Report report = body(context, globals_.dry_run);
  progress.finish();
  print_or_undo(format(), verb, report);
  return report.exit;
}

const Verb& Session::find_verb(const std::string& group, const std::string& word) const {
  const std::string before = group.empty() ? "" : group + ' ';
  for (const Verb& verb : app_.verbs)
    if (verb.name == before + word) return verb;
  refuse_foreign(app_.foreign_verbs, before + word, "verb");
  Words words;
  for (const VerbWord& each : verb_words(app_.verbs, group)) words.push_back(each.word);
  if (group.empty()) words.emplace_back("help");
  const std::string near = closest(word, words);
  fail_hint(Kind::usage,
            near.empty() ? fmt::format("run '{} {}-h' for the list", app_.name, before)
                         : fmt::format("did you mean '{}{}'?", before, near),
            "unknown verb '{}{}'", before, printable(word));
}

void Session::refuse_foreign(const std::vector<ForeignWord>& table, std::string_view word,
                             std::string_view what) const {
  const auto foreign =
      std::find_if(table.begin(), table.end(), [&](const ForeignWord& each) { return each.word == word; });
  if (foreign == table.end()) return;
  constexpr std::string_view home = "FN_HOME";
  std::string hint(foreign->hint);
  if (const std::size_t at = hint.find(home); at != hint.npos) hint.replace(at, home.size(), home_of(globals_, app_));
  fail_hint(Kind::usage, std::move(hint), "unknown {} '{}'", what, printable(word));
}

void Session::refuse_foreign_flags(const Words& left_over) const {
  for (const std::string& word : left_over) {
    if (word == "--") return;
    if (word.starts_with('-')) refuse_foreign(app_.foreign_flags, word.substr(0, word.find('=')), "flag");
  }
}

HelpStyle Session::help_style() const {
  const bool asked = globals_.short_help || globals_.long_help;
  const int fd = asked ? STDOUT_FILENO : STDERR_FILENO;
  return {.size = globals_.long_help ? HelpSize::everything : HelpSize::one_screen,
          .width = std::min(sys::terminal_width(fd), 100),
          .color = color_of(globals_, fd)};
}

int run_session(Session& session) {
  try {
    const int code = session.run();
    close_stdout();
    return code;
  } catch (const Error&) {
    // After Ctrl-C, an interrupted helper or system call looks like a failure.
    sys::check_interrupt();
    throw;
  }
}

int report_error(const Session& session, const Error& error) {
  const int exit = session.exit_of(error);
  say_error(session.format(), error, exit);
  return exit;
}

}  // namespace

int run(const App& app, int argc, char** argv) {
  sys::reopen_standard_streams();
  sys::install_interrupt_handlers();
  Session session(app, Words(argv + std::min(argc, 1), argv + argc));
  try {
    sys::refuse_foreign_rights(app.name);
    return run_session(session);
  } catch (const sys::Interrupted& interrupted) {
    say(fmt::format("{}: interrupted\n", app.name));
    sys::die_by_signal(interrupted.signal);
  } catch (const Error& error) {
    return report_error(session, error);
  } catch (const std::bad_alloc&) {
    return report_error(session, Error(Kind::failure, "out of memory"));
  } catch (const std::exception& error) {
    return report_error(session, Error(Kind::internal, fmt::format("this is a bug in {}: {}", app.name, error.what()),
                                       "please report it"));
  }
}

}  // namespace fn::cli
