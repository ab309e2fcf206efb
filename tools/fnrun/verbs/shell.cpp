// SPDX-License-Identifier: Apache-2.0
#include "client/callee.hpp"
#include "instance/client.hpp"
#include "run/stream_relay.hpp"
#include "run/supervise.hpp"
#include "run/terminal.hpp"
#include "sys/file.hpp"
#include "sys/poll_set.hpp"
#include "sys/term.hpp"
#include "verbs/verbs.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::run {
namespace {

struct Pty {
  sys::Fd master;
  sys::Fd slave;
};

// One of the sandbox's own, so that it has a name there and none here.
Pty open_pty(pid_t init) {
  constexpr const char* what = "cannot create a terminal in the sandbox";
  const std::string path = fmt::format("/proc/{}/root/dev/pts/ptmx", init);
  Pty pty;
  pty.master = sys::Fd(sys::check(open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), what));
  sys::check(unlockpt(pty.master.get()), what);
  pty.slave = sys::Fd(sys::check(ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), what));
  return pty;
}

struct Shell {
  static constexpr std::string_view name = "shell";
  static constexpr std::string_view summary = "run a shell or another command in an instance";
  // For any failure before the command runs.
  static constexpr int default_exit = 125;
  static std::vector<cli::Example> examples() {
    return {{"fnrun shell 3f2a", "/bin/sh next to the function, behind the same walls"},
            {"fnrun shell 3f2a -- cat /proc/meminfo", "a command; fnrun exits with its code"}};
  }

  struct Request {
    std::string name;
    std::vector<std::string> command;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                    "an instance: a prefix of its id, or its function if that has only one instance")
        .command(request.command, {.name = "CMD"}, cli::Required::no, "instead of /bin/sh");
  }

  struct Plan {
    instance::RunningInstance instance;
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
    std::optional<StreamRelay> relay;
    if (plan.terminal) {
      Pty pty = open_pty(plan.instance.record.init);
      const int slave = pty.slave.get();
      client.exec(plan.command, {slave, slave, slave}, true);
      terminal = std::make_unique<Terminal>(std::move(pty.master));
    } else {
      // With --json stdout is the report's.
      const int out = context.json ? STDERR_FILENO : STDOUT_FILENO;
      relay.emplace(StreamRelay::Streams{STDIN_FILENO, out, STDERR_FILENO});
      client.exec(plan.command, relay->inside(), false);
      relay->close_inside();
    }
    Result result{.status = stand_by(client, signals, terminal.get(), relay ? &*relay : nullptr)};
    if (terminal) terminal->drain();
    if (relay) relay->drain();
    return result;
  }

  static int stand_by(instance::Client& client, const PassedSignals& signals, Terminal* terminal, StreamRelay* relay) {
    for (;;) {
      sys::PollSet set;
      set.add(client.fd());
      set.add(signals.fd());
      if (terminal != nullptr) terminal->watch(set);
      if (relay != nullptr) relay->watch(set);
      set.wait();
      if (terminal != nullptr) terminal->move();
      if (relay != nullptr) relay->move();
      while (const auto number = signals.next(terminal)) client.signal(*number);
      if (!set.is_ready(client.fd())) continue;
      if (const auto status = client.exited()) return *status;
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
