// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/generate.hpp"
#include "cli/globals.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "sys/fd.hpp"
#include "sys/signal.hpp"
#include "sys/term.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <sched.h>
#include <thread>
#include <unistd.h>

namespace fn::cli {
namespace {

// The processors that this process may use, which a container or taskset(1) can make fewer than there are.
unsigned usable_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(std::thread::hardware_concurrency(), 1U);
}

// One run of the tool, from the words of the command line to the exit code.
class Session {
 public:
  Session(const App& app, Words words) : app_(app), words_(std::move(words)) {
    // Asked for on a command line that may turn out wrong, so it is looked for before it is parsed.
    const auto end = std::find(words_.begin(), words_.end(), "--");
    globals_.json = std::find(words_.begin(), end, "--json") != end;
  }

  int run();
  // As far as the command line was understood.
  Voice voice() const {
    return {.tool = std::string(app_.name),
            .json = globals_.json,
            .quiet = globals_.quiet,
            .color_stderr = color_of(globals_, STDERR_FILENO)};
  }

 private:
  int run_verb(const Verb& verb, const Words& words);
  int run_without_verb();
  int execute(const Verb& verb, const Verb::Run& body);
  const Verb& find_verb(const std::string& name) const;
  HelpStyle help_style() const;

  const App& app_;
  Words words_;
  Globals globals_;
};

int Session::run() {
  const Command::Definition definition = tool_definition(globals_);
  Words rest = take_flags(definition, words_, Scope::before_verb);
  if (globals_.version || globals_.generate || rest.empty()) return run_without_verb();
  refuse_flags(definition, {rest.front()}, "flags of a verb stand behind it");

  std::string name = rest.front();
  rest.erase(rest.begin());
  if (name == "help") {
    globals_.long_help = true;
    if (rest.empty()) return run_without_verb();
    name = rest.front();
    rest.erase(rest.begin());
  }
  return run_verb(find_verb(name), rest);
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
  const std::string help = tool_help(app_, tool_definition(globals_), help_style());
  if (globals_.short_help || globals_.long_help) {
    print(help);
    return 0;
  }
  if (globals_.json) fail_hint(Kind::usage, fmt::format("run '{} -h' for the list", app_.name), "no verb is given");
  say(help);
  return static_cast<int>(Kind::usage);
}

int Session::run_verb(const Verb& verb, const Words& words) {
  Verb::Run body;
  const Command::Definition definition = verb_definition(verb, globals_, body);
  const Words left_over = take_flags(definition, words, Scope::all);
  if (globals_.short_help || globals_.long_help) {
    print(verb_help(app_, verb, definition, help_style()));
    return 0;
  }
  refuse_flags(definition, left_over, fmt::format("run '{} {} --help' for its flags", app_.name, verb.name));
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
  print_report(voice(), verb.name, report);
  return report.exit;
}

const Verb& Session::find_verb(const std::string& name) const {
  Words names;
  for (const Verb& verb : app_.verbs) {
    if (verb.name == name) return verb;
    names.emplace_back(verb.name);
  }
  names.emplace_back("help");
  fail_hint(Kind::usage, did_you_mean(name, names, fmt::format("run '{} -h' for the list", app_.name)),
            "unknown verb '{}'", printable(name));
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
    // What Ctrl-C did to a helper or to a system call looks like a failure of theirs.
    sys::check_interrupt();
    throw;
  }
}

int report_error(const Session& session, const Error& error) {
  say_error(session.voice(), error);
  return static_cast<int>(error.kind());
}

}  // namespace

int run(const App& app, int argc, char** argv) {
  sys::reopen_standard_streams();
  sys::install_interrupt_handlers();
  Session session(app, Words(argv + std::min(argc, 1), argv + argc));
  try {
    return run_session(session);
  } catch (const sys::Interrupted& interrupted) {
    say(fmt::format("{}: interrupted\n", app.name));
    sys::die_by_signal(interrupted.signal);
  } catch (const Error& error) {
    return report_error(session, error);
  } catch (const std::bad_alloc&) {
    return report_error(session, Error(Kind::failure, "out of memory"));
  } catch (const std::exception& error) {
    return report_error(session, Error(Kind::internal, fmt::format("this is a bug of {}: {}", app.name, error.what()),
                                       "please report it"));
  }
}

}  // namespace fn::cli
