// SPDX-License-Identifier: Apache-2.0
#include "callee.hpp"
#include "instance/client.hpp"
#include "supervise.hpp"
#include "sys/file.hpp"
#include "sys/term.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::run {
namespace {

struct Pty {
  sys::Fd master;
  sys::Fd slave;
};

Pty open_pty() {
  Pty pty;
  pty.master = sys::Fd(sys::check(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "cannot make a terminal"));
  sys::check(grantpt(pty.master.get()), "cannot make a terminal");
  sys::check(unlockpt(pty.master.get()), "cannot make a terminal");
  char name[64];
  if (const int error = ptsname_r(pty.master.get(), name, sizeof name); error != 0)
    sys::fail_errno(error, "cannot make a terminal");
  pty.slave = sys::open_file(name, O_RDWR | O_NOCTTY);
  return pty;
}

struct Shell {
  static constexpr std::string_view name = "shell";
  static constexpr std::string_view summary = "run a shell or another command in an instance";
  // Of all that goes wrong before the command runs.
  static constexpr int own_trouble = 125;
  static std::vector<cli::Example> examples() {
    return {{"fnrun shell 3f2a", "/bin/sh beside the function, behind the same walls"},
            {"fnrun shell 3f2a -- cat /proc/meminfo", "a command; its exit code is ours"}};
  }

  struct Request {
    std::string name;
    std::vector<std::string> command;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                    "an instance, by the beginning of its id, or by its function if that has no other")
        .command(request.command, {.name = "CMD"}, cli::Required::no, "instead of /bin/sh");
  }

  struct Plan {
    instance::Living instance;
    instance::Command command;
    bool terminal = false;
  };
  struct Result {
    int status = 0;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan{.instance = find_instance(context.home, request.name), .command = {}, .terminal = false};
    plan.command.words = request.command.empty() ? std::vector<std::string>{"/bin/sh"} : request.command;
    plan.terminal = !context.json && sys::is_terminal(STDIN_FILENO) && sys::is_terminal(STDOUT_FILENO);
    if (plan.terminal)
      if (const char* term = std::getenv("TERM")) plan.command.environment.push_back(std::string("TERM=") + term);
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    const PassedSignals signals;
    instance::Client client(plan.instance.dir.get());
    std::unique_ptr<Terminal> terminal;
    if (plan.terminal) {
      Pty pty = open_pty();
      const int slave = pty.slave.get();
      client.exec(plan.command, {slave, slave, slave}, true);
      terminal = std::make_unique<Terminal>(std::move(pty.master));
    } else {
      // With --json stdout is the report's.
      client.exec(plan.command, {STDIN_FILENO, context.json ? STDERR_FILENO : STDOUT_FILENO, STDERR_FILENO}, false);
    }
    Result result{.status = stand_by(client, signals, terminal.get())};
    if (terminal) terminal->drain();
    return result;
  }

  static int stand_by(instance::Client& client, const PassedSignals& signals, Terminal* terminal) {
    for (;;) {
      std::vector<pollfd> watched{{client.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
      if (terminal != nullptr) terminal->watch(watched);
      poll(watched.data(), watched.size(), -1);
      if (terminal != nullptr) terminal->move();
      pass(client, signals, terminal);
      if (watched[0].revents == 0) continue;
      if (const auto status = client.exited()) return *status;
    }
  }

  static void pass(instance::Client& client, const PassedSignals& signals, const Terminal* terminal) {
    signalfd_siginfo info{};
    while (read(signals.fd(), &info, sizeof info) == ssize_t(sizeof info)) {
      if (info.ssi_signo != SIGWINCH)
        client.signal(static_cast<int>(info.ssi_signo));
      else if (terminal != nullptr)
        terminal->resize();
    }
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.text = fmt::format("would run '{}' in {}\n", fmt::join(plan.command.words, " "), plan.instance.record.id);
    report.json.set("dry_run", true).set("instance", plan.instance.record.id);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    const bool exited = WIFEXITED(result.status);
    report.exit = exited ? WEXITSTATUS(result.status) : 128 + WTERMSIG(result.status);
    report.json.set("reason", exited ? "exited" : "killed_by_signal").set("exit", report.exit);
    return report;
  }
};

}  // namespace

cli::Verb shell_verb() {
  return cli::verb<Shell>();
}

}  // namespace fn::run
