// SPDX-License-Identifier: Apache-2.0
#include "run/pool_use.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

struct PoolStart {
  static constexpr std::string_view name = "pool start";
  static constexpr std::string_view summary = "keep network namespaces ready, so that sandboxes start faster";
  static std::vector<cli::Example> examples() {
    return {{"fnrun pool start", "a helper in the background; it exits after a minute without a start"},
            {"fnrun pool start --idle 1h --size 32", "for a busy host"}};
  }

  struct Request {
    PoolSettings settings;
  };
  static void declare(cli::Command& command, Request& request) {
    command.option("--size", request.settings.size, {.name = "N"}, "ready namespaces of each kind (8)")
        .duration("--idle", request.settings.idle, "exit after this long without a start (60s)");
  }

  struct Plan {
    std::string home;
    PoolSettings settings;
    bool runs = false;
  };
  struct Result {
    std::int64_t pid = 0;
    bool ran_before = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.settings.size == 0 || request.settings.size > 1024)
      fail(Kind::usage, "invalid value '{}' for flag '--size': use 1 to 1024", request.settings.size);
    if (request.settings.idle < std::chrono::milliseconds(1) || request.settings.idle > std::chrono::hours(24))
      fail(Kind::usage, "invalid value '{}ms' for flag '--idle': use 1 ms to 24 h", request.settings.idle.count());
    const bool runs = sandbox::pool_status(sandbox::pool_directory(context.home)).has_value();
    return {.home = context.home, .settings = request.settings, .runs = runs};
  }

  static Result execute(const Plan& plan, cli::Context&) {
    if (!plan.runs) start_pool(plan.home, plan.settings);
    const auto said = sandbox::pool_status(sandbox::pool_directory(plan.home));
    if (!said) fail(Kind::failure, "the pool was started but does not respond");
    return {.pid = said->pid, .ran_before = plan.runs};
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("running", plan.runs).set("dry_run", true);
    report.text = plan.runs ? "the pool is already running\n" : "a pool would be started\n";
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    report.json.set("pid", result.pid).set("ran_before", result.ran_before);
    report.text =
        fmt::format("the pool {} (pid {})\n", result.ran_before ? "is already running" : "is running", result.pid);
    report.quiet = fmt::format("{}\n", result.pid);
    return report;
  }
};

}  // namespace

cli::Verb pool_start_verb() {
  return cli::verb<PoolStart>();
}

}  // namespace fn::run
