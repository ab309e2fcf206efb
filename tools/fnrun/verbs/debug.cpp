// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "client/callee.hpp"
#include "instance/client.hpp"
#include "verbs/verbs.hpp"

#include <cstdlib>
#include <unistd.h>

namespace fn::run {
namespace {

struct Debug {
  static constexpr std::string_view name = "debug";
  static constexpr std::string_view summary = "attach strace or gdb to an instance's function, from outside";
  static std::vector<cli::Example> examples() {
    return {{"fnrun debug 3f2a", "its system calls and those of its children"},
            {"fnrun debug 3f2a -- -e trace=network -o calls.txt", "arguments after '--' go to strace"},
            {"fnrun debug 3f2a --with gdb", "with the image's own libraries"}};
  }

  struct Request {
    std::string name;
    std::string with = "strace";
    std::vector<std::string> arguments;
  };
  static void declare(cli::Command& command, Request& request) {
    command.option("--with", request.with, {.name = "PROGRAM", .choices = {"strace", "gdb"}}, "strace or gdb (strace)")
        .positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                    "an instance: a prefix of its id, or its function if that has only one instance")
        .command(request.arguments, {.name = "ARG"}, cli::Required::no, "more arguments of the program");
  }

  struct Plan {
    std::vector<std::string> words;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    const instance::RunningInstance running = find_instance(context.home, request.name);
    const instance::Record record = instance::Client(running.dir.get()).status();
    if (record.command == 0)
      fail_hint(Kind::not_found, "with protocol exec there is a process only during a call",
                "instance '{}' has no process at the moment", record.id);
    Plan plan{.words = {find_program(request.with)}};
    const std::string pid = std::to_string(record.command);
    if (request.with == "gdb")
      plan.words.insert(plan.words.end(),
                        {"-q", "-iex", "set sysroot /proc/" + pid + "/root", "-iex", "set auto-load off", "-p", pid});
    else
      plan.words.insert(plan.words.end(), {"-f", "-p", pid});
    plan.words.insert(plan.words.end(), request.arguments.begin(), request.arguments.end());
    return plan;
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

  // Becomes the program, which has the terminal and the exit code.
  static Result execute(const Plan& plan, cli::Context&) {
    std::vector<std::string> words = plan.words;
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv.front(), argv.data());
    sys::fail_errno(errno, fmt::format("cannot execute '{}'", plan.words.front()));
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_of(plan);
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_of(result); }

  static cli::Report report_of(const Plan& plan) {
    cli::Report report;
    Json command = Json::array();
    for (const std::string& word : plan.words) {
      command.push(word);
      report.text += (report.text.empty() ? "" : " ") + printable(word);
    }
    report.text += '\n';
    report.json.set("command", std::move(command));
    return report;
  }
};

}  // namespace

cli::Verb debug_verb() {
  return cli::verb<Debug>();
}

}  // namespace fn::run
