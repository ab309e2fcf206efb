// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli/output.hpp"
#include "client/callee.hpp"
#include "instance/log_file.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"
#include "verbs/verbs.hpp"

#include <csignal>
#include <memory>
#include <poll.h>
#include <unistd.h>

namespace fn::run {
namespace {

// Between two looks at a log that is followed.
constexpr int look_interval_ms = 50;

struct Logs {
  static constexpr std::string_view name = "logs";
  static constexpr std::string_view summary = "print what an instance's function wrote to its stdout and stderr";
  static std::vector<cli::Example> examples() {
    return {{"fnrun logs 3f2a", "all that is kept: the last 16 to 32 MiB"},
            {"fnrun logs -f -n 10 resize", "the last lines, then new ones until the instance ends"}};
  }

  struct Request {
    std::string name;
    bool follow = false;
    std::optional<std::uint64_t> lines;
  };
  static void declare(cli::Command& command, Request& request) {
    command.flag("-f,--follow", request.follow, "follow until the instance ends")
        .option("-n,--lines", request.lines, {.name = "N"}, "start with the last N lines")
        .positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                    "an instance: a prefix of its id, or its function if that has only one instance");
  }

  struct Plan {
    instance::RunningInstance instance;
    std::uint64_t lines = 0;
    bool follow = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    return {.instance = find_instance(context.home, request.name),
            .lines = request.lines.value_or(~std::uint64_t{0}),
            .follow = request.follow};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    if (context.json) {
      instance::LogReader reader(plan.instance.dir.get(), plan.lines);
      std::string log;
      for (std::string more = reader.read(); !more.empty(); more = reader.read()) log += more;
      report.json.set("instance", plan.instance.record.id);
      if (is_utf8(log))
        report.json.set("log", log);
      else
        report.json.set("log_b64", base64(log));
      return report;
    }
    // It is written when the plan is gone.
    report.write = [dir = std::make_shared<sys::Fd>(plan.instance.dir.duplicate()), lines = plan.lines,
                    follow = plan.follow](int fd) { copy(dir->get(), lines, follow, fd); };
    return report;
  }

  static void copy(int dir, std::uint64_t lines, bool follow, int fd) {
    instance::LogReader reader(dir, lines);
    for (;;) {
      // Asked before the log is read: what was written until the end is in it.
      const bool lives = follow && instance::Instances::is_alive(dir);
      for (std::string more = reader.read(); !more.empty(); more = reader.read()) sys::write_full(fd, more, "stdout");
      if (!lives) return;
      // Who has read enough is noticed although there is nothing to write.
      pollfd reader_of_ours{.fd = fd, .events = 0, .revents = 0};
      if (poll(&reader_of_ours, 1, look_interval_ms) > 0 && (reader_of_ours.revents & (POLLERR | POLLHUP)) != 0)
        sys::die_by_signal(SIGPIPE);
      sys::check_interrupt();
    }
  }
};

}  // namespace

cli::Verb logs_verb() {
  return cli::verb<Logs>();
}

}  // namespace fn::run
