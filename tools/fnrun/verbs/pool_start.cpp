// SPDX-License-Identifier: Apache-2.0
#include "pool_use.hpp"
#include "verbs.hpp"

namespace fn::run {
namespace {

struct PoolStart {
  static constexpr std::string_view name = "pool start";
  static constexpr std::string_view summary = "keep network namespaces ready, so that sandboxes start faster";
  static std::vector<cli::Example> examples() {
    return {{"fnrun pool start", "a helper in the background; it leaves when nothing was started for a minute"},
            {"fnrun pool start --idle 1h --size 32", "for a busy host"}};
  }

  struct Request {
    PoolSettings settings;
  };
  static void declare(cli::Command& command, Request& request) {
    command.option("--size", request.settings.size, {.name = "N"}, "namespaces of each kind that wait (8)")
        .duration("--idle", request.settings.idle, "without a start, then it leaves (60s)");
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
      fail(Kind::usage, "flag '--size' can't be '{}': it is 1 to 1024", request.settings.size);
    if (request.settings.idle < std::chrono::milliseconds(1) || request.settings.idle > std::chrono::hours(24))
      fail(Kind::usage, "flag '--idle' can't be '{}ms': it is 1 ms to 24 h", request.settings.idle.count());
    const bool runs = sandbox::look_at_pool(sandbox::pool_directory(context.home)).has_value();
    return {.home = context.home, .settings = request.settings, .runs = runs};
  }

  static Result execute(const Plan& plan, cli::Context&) {
    if (!plan.runs) start_pool(plan.home, plan.settings);
    const auto said = sandbox::look_at_pool(sandbox::pool_directory(plan.home));
    if (!said) fail(Kind::failure, "the pool has started and does not answer");
    return {.pid = said->pid, .ran_before = plan.runs};
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("running", plan.runs).set("dry_run", true);
    report.text = plan.runs ? "the pool runs already\n" : "a pool would be started\n";
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    report.json.set("pid", result.pid).set("ran_before", result.ran_before);
    report.text = fmt::format("the pool {} (pid {})\n", result.ran_before ? "runs already" : "runs", result.pid);
    report.quiet = fmt::format("{}\n", result.pid);
    return report;
  }
};

}  // namespace

cli::Verb pool_start_verb() {
  return cli::verb<PoolStart>();
}

}  // namespace fn::run
