// SPDX-License-Identifier: Apache-2.0
// Two ways to look into a function. An instance that runs is traced from outside: this process becomes strace or gdb. A
// function that is named is started for one call, and its language's debugger waits in it (client/debug_session.hpp).
// gdb does both: if an instance of that name runs, it is attached to.
#include "base/text.hpp"
#include "call/outcome.hpp"
#include "client/call_json.hpp"
#include "client/callee.hpp"
#include "client/debug_session.hpp"
#include "client/event.hpp"
#include "client/settings_flags.hpp"
#include "client/would_unpack.hpp"
#include "instance/client.hpp"
#include "verbs/verbs.hpp"

#include <cstdlib>
#include <unistd.h>

namespace fn::run {
namespace {

struct Debug {
  static constexpr std::string_view name = "debug";
  static constexpr std::string_view summary = "step through a function, or trace an instance from outside";
  static std::vector<cli::Example> examples() {
    return {{"fnrun debug resize --with node -e event.json", "one call, which waits for an IDE on 127.0.0.1:9229"},
            {"fnrun debug app:v1 --with python --listen 5679 -e '{}'", "of an image, at another port"},
            {"fnrun debug 3f2a", "an instance: its system calls and those of its children"},
            {"fnrun debug 3f2a -- -e trace=network -o calls.txt", "arguments after '--' go to strace"},
            {"fnrun debug 3f2a --with gdb", "with the image's own libraries"}};
  }

  struct Request {
    CallTarget target;
    std::optional<std::string> with;
    std::optional<std::string> event;
    std::optional<std::string> listen;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .option("--with", request.with, {.name = "PROGRAM", .choices = {"strace", "gdb", "node", "python"}},
                "strace (default) or gdb for an instance; node, python or gdb to start a function with")
        .option("-e,--event", request.event, {.name = "FILE|-|JSON", .complete = cli::Complete::file},
                "of a function: the event, as for 'invoke'; without it, {}")
        .option("-l,--listen", request.listen, {.name = "[ADDR:]PORT"},
                "where its debugger is reached (9229 node, 5678 python, 2345 gdb); 0: any free port")
        .option("--handler", request.target.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)");
    declare_protocol(command, request.target.protocol);
    declare_init_timeout(command, request.target.settings);
    declare_entrypoint(command, request.target.entrypoint);
    declare_settings(command, request.target.settings, "--env");
    declare_publish(command, request.target.settings);
    declare_allow_remote(command, request.target.settings);
    command
        .positional(request.target.name, {.name = "INSTANCE|FN|REF|DIR", .complete = cli::Complete::function},
                    cli::Required::yes, "an instance, or what is to be started: a function, an image or a directory")
        .command(request.target.command, {.name = "ARG"}, cli::Required::no,
                 "more arguments of strace or gdb; of an image or a directory the command");
  }

  struct Plan {
    std::vector<std::string> words;  // what this process becomes
    std::optional<DebugSession> session;
  };
  struct Result {
    std::optional<DebugSession::Result> session;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (const auto running = find_to_attach(request, context)) {
      refuse_flags_for_start(request, running->record.id);
      return {.words = words_for(request, *running), .session = {}};
    }
    DebugSession::Request session{.target = request.target,
                                  .debugger = function::parse_debugger(*request.with),
                                  .listen = request.listen,
                                  .event = read_event(request.event)};
    check_event(session.event);
    return {.words = {}, .session = DebugSession::make(std::move(session), function::MissingLayers::count, context)};
  }

  // With flags for a start, gdb is for what is started, unless the instance itself is named.
  static std::optional<instance::RunningInstance> find_to_attach(const Request& request, const cli::Context& context) {
    const std::string& text = request.target.name;
    if (request.with.value_or("strace") == "strace") return find_to_trace(request, context);
    if (request.with != "gdb") return std::nullopt;
    try {
      instance::RunningInstance found = find_instance(context.home, text);
      const bool is_meant = found.record.id.starts_with(text) || !has_flags_for_start(request);
      if (is_meant && found.record.state != instance::State::ending) return found;
    } catch (const Error& error) {
      if (error.kind() != Kind::not_found) throw;
    }
    return std::nullopt;
  }

  static instance::RunningInstance find_to_trace(const Request& request, const cli::Context& context) {
    try {
      return find_instance(context.home, request.target.name);
    } catch (const Error& error) {
      if (request.with || error.kind() != Kind::not_found || error.hint().starts_with("did you mean")) throw;
      throw Error(error.kind(), error.what(),
                  fmt::format("to start it for a debugger: fnrun debug {} --with node, python or gdb",
                              printable(request.target.name)));
    }
  }

  static bool has_flags_for_start(const Request& request) {
    const CallTarget& target = request.target;
    return target.settings != function::Settings{} || request.event || request.listen || target.entrypoint ||
           target.protocol || target.handler;
  }

  static void refuse_flags_for_start(const Request& request, const std::string& id) {
    if (has_flags_for_start(request))
      fail_hint(Kind::usage, fmt::format("attach to it without these flags, or end it: fnrun stop {}", id),
                "instance '{}' runs already, and the flags are for one that is started", id);
  }

  static std::vector<std::string> words_for(const Request& request, const instance::RunningInstance& running) {
    const instance::Record record = instance::Client(running.dir.get()).status();
    if (record.command == 0)
      fail_hint(Kind::not_found, "with protocol exec there is a process only during a call",
                "instance '{}' has no process at the moment", record.id);
    const std::string program = request.with.value_or("strace");
    std::vector<std::string> words{find_program(program)};
    const std::string pid = std::to_string(record.command);
    if (program == "gdb")
      words.insert(words.end(),
                   {"-q", "-iex", "set sysroot /proc/" + pid + "/root", "-iex", "set auto-load off", "-p", pid});
    else
      words.insert(words.end(), {"-f", "-p", pid});
    words.insert(words.end(), request.target.command.begin(), request.target.command.end());
    return words;
  }

  static std::string find_program(const std::string& program) {
    const char* const path = std::getenv("PATH");
    for (const std::string& directory : split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
      std::string file = directory + '/' + program;
      if (directory.starts_with('/') && access(file.c_str(), X_OK) == 0) return file;
    }
    fail_hint(Kind::not_found, fmt::format("install the package '{}'", program),
              "program '{}' not found on this machine", program);
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    if (!plan.session) become(plan.words);
    sweep_dead_instances(context.home);
    if (plan.session->missing_layers == 0) return {.session = plan.session->run(context)};
    return {.session =
                DebugSession::make(plan.session->request, function::MissingLayers::unpack, context).run(context)};
  }

  // The program has the terminal and the exit code.
  [[noreturn]] static void become(std::vector<std::string> words) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv.front(), argv.data());
    sys::fail_errno(errno, fmt::format("cannot execute '{}'", words.front()));
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    if (plan.session) {
      const DebugSession& session = *plan.session;
      if (session.missing_layers > 0) report.text = would_unpack(session.missing_layers);
      report.text += fmt::format("would start {} and wait for {} on {}\n", printable(session.assignment.reference),
                                 function::debugger_name(session.request.debugger), session.address());
      report.json.set("unpack_layers", std::uint64_t{session.missing_layers})
          .set("reference", session.assignment.reference)
          .set("address", session.address());
    } else {
      Json command = Json::array();
      for (const std::string& word : plan.words) {
        command.push(word);
        report.text += (report.text.empty() ? "" : " ") + printable(word);
      }
      report.text += '\n';
      report.json.set("command", std::move(command));
    }
    report.json.set("dry_run", true);
    return report;
  }

  // Only of a session: otherwise this is another program by now.
  static cli::Report report(const Result& result, const cli::Context& context) {
    cli::Report report;
    const DebugSession::Result& session = *result.session;
    report.exit = call::exit_code(session.call.outcome);
    if (context.json)
      report.json = call_json(session.call, "", session.response, session.log).set("address", session.address);
    return report;
  }
};

}  // namespace

cli::Verb debug_verb() {
  return cli::verb<Debug>();
}

}  // namespace fn::run
