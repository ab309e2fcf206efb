// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "pool_use.hpp"
#include "sandbox/sandbox.hpp"
#include "settings_flags.hpp"
#include "supervise.hpp"
#include "sys/term.hpp"
#include "target.hpp"
#include "verbs.hpp"

#include <memory>
#include <unistd.h>

namespace fn::run {
namespace {

struct Run {
  static constexpr std::string_view name = "run";
  static constexpr std::string_view summary = "run one command in a sandbox";
  // Of all that goes wrong before the command runs, as with env(1) and nohup(1).
  static constexpr int own_trouble = 125;
  static std::vector<cli::Example> examples() {
    return {{"fnrun run app:v1", "what the image says, in a sandbox; its exit code is ours"},
            {"fnrun run app:v1 -- sh -c 'id; ls /'", "another command"},
            {"fnrun run ./rootfs --memory 256M --timeout 3s -- bin/job", "a directory as the root, with limits"},
            {"echo '{}' | fnrun run app:v1 --mount ./data:/data:ro", "standard input goes in"},
            {"fnrun run app:v1 --dry-run", "every step that would be taken, and every wall"}};
  }

  struct Request {
    std::string target;
    std::vector<std::string> command;
    std::optional<std::string> entrypoint;
    Settings settings;
    bool no_terminal = false;
    bool timing = false;
  };
  static void declare(cli::Command& command, Request& request) {
    declare_settings(command, request.settings);
    command.option("--entrypoint", request.entrypoint, {.name = "PROGRAM"}, "instead of the image's; '' for none")
        .flag("-T,--no-tty", request.no_terminal, "no terminal inside, even if there is one here")
        .flag("--timing", request.timing, "say what each step of this start took")
        .positional(request.target, {.name = "REF|DIR", .complete = cli::Complete::reference}, cli::Required::yes,
                    "an image, or a directory with files (/.., ./..)")
        .command(request.command, {.name = "CMD"}, cli::Required::no, "the command and its arguments");
  }

  struct Plan {
    Target target;
    sandbox::Plan sandbox;
    std::optional<std::chrono::milliseconds> timeout;
    bool timing = false;
    std::string pool;
  };
  struct Result {
    Ending ending;
    std::vector<sandbox::WallState> walls;
    sandbox::Timing timing;
    bool pooled = false;
    bool show_timing = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan{.target = find_target(request.target, {context.home, context.lock_timeout}),
              .sandbox = {},
              .timeout = request.settings.timeout,
              .timing = request.timing,
              .pool = request.settings.pool};
    sandbox::Spec spec =
        make_spec(plan.target, request.settings, command_of(plan.target, request.command, request.entrypoint));
    spec.terminal =
        !request.no_terminal && !context.json && sys::is_terminal(STDIN_FILENO) && sys::is_terminal(STDOUT_FILENO);
    if (spec.terminal)
      if (const char* term = getenv("TERM")) spec.environment.push_back(std::string("TERM=") + term);
    plan.sandbox = sandbox::make_plan(std::move(spec), sandbox::look_at_host(sandbox::LookForCgroups::yes));
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    // Its answer comes while we prepare.
    sandbox::PoolTicket ticket = ask_pool(plan.pool, plan.sandbox, context);
    const PassedSignals signals;
    // With --json stdout is the report's.
    const int out = context.json ? STDERR_FILENO : STDOUT_FILENO;
    sandbox::Sandbox sandbox =
        sandbox::Sandbox::start(plan.sandbox, {STDIN_FILENO, out, STDERR_FILENO}, std::move(ticket));
    Watch watch{.timeout = plan.timeout, .terminal = plan.sandbox.spec.terminal, .approximate_memory = {}};
    if (plan.sandbox.wall(sandbox::Wall::memory).level == sandbox::WallState::Level::approximate)
      watch.approximate_memory = plan.sandbox.spec.limits.memory;
    Result result{.ending = supervise(sandbox, signals, watch),
                  .walls = {},
                  .timing = {},
                  .pooled = sandbox.is_pooled(),
                  .show_timing = plan.timing};
    if (result.ending.error) throw Error(*result.ending.error);
    if (context.json) {
      result.ending.usage = sandbox.usage();
      result.walls = sandbox.walls();
    }
    if (context.json || plan.timing) result.timing = sandbox.timing();
    sandbox::check_required(sandbox.walls(), plan.sandbox.spec.require);
    sandbox.leave();
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json = sandbox::to_json(plan.sandbox);
    report.json.set("dry_run", true);
    report.text = sandbox::to_text(plan.sandbox);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    const Ending& ending = result.ending;
    if (!context.json) {
      if (result.show_timing) cli::say(sandbox::to_text(result.timing));
      if (ending.why == Ending::Why::timeout) context.note("the time is up, everything in the sandbox was killed");
      if (ending.why == Ending::Why::out_of_memory) context.note("the command was killed: its memory limit is used up");
    }
    cli::Report report;
    report.exit = ending.exit();
    if (!context.json) return report;
    report.json.set("reason", ending.reason())
        .set("exit", ending.exit())
        .set("duration_us", std::int64_t{ending.took.count()})
        .set("walls", sandbox::to_json(result.walls));
    if (ending.why == Ending::Why::killed_by_signal) report.json.set("signal", ending.code);
    set_usage(report.json, ending.usage);
    report.json.set("pooled", result.pooled).set("timing", sandbox::to_json(result.timing));
    return report;
  }

  static void set_usage(Json& json, const sandbox::Sandbox::Usage& usage) {
    if (usage.peak_memory)
      json.set("peak_memory", *usage.peak_memory).set("peak_memory_is_approximate", usage.peak_is_approximate);
    if (usage.cpu) json.set("cpu_us", std::int64_t{usage.cpu->count()});
    json.set("oom_kills", usage.oom_kills);
  }
};

}  // namespace

cli::Verb run_verb() {
  return cli::verb<Run>();
}

}  // namespace fn::run
