// SPDX-License-Identifier: Apache-2.0
// One command in one sandbox, in this process: it makes the sandbox, passes signals and the terminal on, watches the
// limits, and exits as the command did. The pool is asked first, so that its answer comes while the rest is prepared. A
// sandbox whose layers have to be unpacked is planned by execute(), since a plan changes nothing.
//
// Everything that goes wrong before the command runs exits with 125, unless it has a code of its own. When the command
// has ended, its receipt is collected and the sandbox is left: the janitor removes the groups, and nobody waits for it.
// That required walls were up is checked once more against what the start has told.
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/output.hpp"
#include "client/pool_use.hpp"
#include "client/settings_flags.hpp"
#include "client/stream_relay.hpp"
#include "client/supervise.hpp"
#include "client/would_unpack.hpp"
#include "function/target.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/term.hpp"
#include "verbs/verbs.hpp"

#include <memory>
#include <unistd.h>

namespace fn::run {
namespace {

// Without a limit of its own it was the memory of the host, or of a group above.
std::string out_of_memory_text(const call::ProcessEnd& end, Bytes limit) {
  return fmt::format(
      "{} was killed: {}", end.code == 0 ? "a process of the command" : "the command",
      limit == 0 ? "out of memory" : fmt::format("it exceeded its memory limit of {}", memory_text(limit)));
}

struct Run {
  static constexpr std::string_view name = "run";
  static constexpr std::string_view summary = "run one command in a sandbox";
  // For any failure before the command runs, as with env(1) and nohup(1).
  static constexpr int default_exit = 125;
  static std::vector<cli::Example> examples() {
    return {{"fnrun run app:v1", "the image's command in a sandbox; fnrun exits with its code"},
            {"fnrun run app:v1 -- sh -c 'id; ls /'", "another command"},
            {"fnrun run ./rootfs --memory 256M --timeout 3s -- bin/job", "a directory as the root, with limits"},
            {"echo '{}' | fnrun run app:v1 --mount ./data:/data:ro", "standard input is passed on"},
            {"fnrun run app:v1 --dry-run", "every step that would be taken, and every wall"}};
  }

  struct Request {
    std::string target;
    std::vector<std::string> command;
    std::optional<std::string> entrypoint;
    function::Settings settings;
    bool no_terminal = false;
    bool timing = false;
  };
  static void declare(cli::Command& command, Request& request) {
    declare_settings(command, request.settings);
    declare_pool(command, request.settings);
    declare_entrypoint(command, request.entrypoint);
    command.flag("-T,--no-tty", request.no_terminal, "do not allocate a terminal, even if there is one here")
        .flag("--timing", request.timing, "show how long each step of this start took")
        .positional(request.target, {.name = "REF|DIR", .complete = cli::Complete::reference}, cli::Required::yes,
                    "an image, or a directory with files (/.., ./..)")
        .command(request.command, {.name = "CMD"}, cli::Required::no, "what to run, after the image's entrypoint");
  }

  struct Plan {
    function::Target target;
    std::optional<sandbox::Plan> sandbox;  // nothing: layers are to be unpacked before more can be said
    Request request;
  };
  struct Result {
    call::ProcessEnd end;
    call::Limits limits;
    std::chrono::microseconds took{0};
    sandbox::Sandbox::Usage usage;
    std::vector<sandbox::WallState> walls;
    sandbox::Timing timing;
    bool pooled = false;
    bool show_timing = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan{.target = find(request, context, function::MissingLayers::count), .sandbox = {}, .request = request};
    if (plan.target.missing_layers == 0) plan.sandbox = plan_sandbox(plan.target, request, context);
    return plan;
  }

  static function::Target find(const Request& request, const cli::Context& context, function::MissingLayers missing) {
    return function::find_target(request.target, {context.home, context.lock_timeout}, missing);
  }

  static sandbox::Plan plan_sandbox(const function::Target& target, const Request& request,
                                    const cli::Context& context) {
    sandbox::Spec spec = function::make_spec(target, request.settings,
                                             function::command_of(target, request.command, request.entrypoint));
    spec.terminal =
        !request.no_terminal && !context.json && sys::is_terminal(STDIN_FILENO) && sys::is_terminal(STDOUT_FILENO);
    spec.time = request.settings.timeout;
    if (spec.terminal)
      if (const char* term = getenv("TERM")) spec.environment.push_back(std::string("TERM=") + term);
    return sandbox::make_plan(std::move(spec), sandbox::look_at_host(sandbox::LookForCgroups::yes));
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    if (plan.sandbox) return run(*plan.sandbox, plan.request, context);
    const function::Target target = find(plan.request, context, function::MissingLayers::unpack);
    return run(plan_sandbox(target, plan.request, context), plan.request, context);
  }

  static Result run(const sandbox::Plan& plan, const Request& request, cli::Context& context) {
    // Its answer comes while we prepare.
    sandbox::PoolTicket ticket = ask_pool(request.settings.pool, plan, context);
    const PassedSignals signals;
    // With --json stdout is the report's.
    const int out = context.json ? STDERR_FILENO : STDOUT_FILENO;
    std::optional<StreamRelay> relay;
    if (!plan.spec.terminal) relay.emplace(StreamRelay::Streams{STDIN_FILENO, out, STDERR_FILENO});
    sandbox::Sandbox sandbox =
        sandbox::Sandbox::start(plan, relay ? relay->inside() : StreamRelay::Streams{}, std::move(ticket));
    function::LimitWatch limits(plan, request.settings.timeout);
    Result result{.end = supervise(sandbox, signals, limits, relay ? &*relay : nullptr),
                  .limits = limits.limits(),
                  .usage = {},
                  .walls = {},
                  .timing = {},
                  .pooled = sandbox.is_pooled(),
                  .show_timing = request.timing};
    result.took =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - limits.started());
    if (context.json) {
      result.usage = sandbox.usage();
      result.walls = sandbox.walls();
    }
    if (context.json || request.timing) result.timing = sandbox.timing();
    sandbox::check_required(sandbox.walls(), plan.spec.require);
    sandbox.leave();
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    if (plan.sandbox) report.json = sandbox::to_json(*plan.sandbox);
    report.json.set("dry_run", true).set("unpack_layers", std::uint64_t{plan.target.missing_layers});
    report.text = plan.sandbox ? sandbox::to_text(*plan.sandbox) : would_unpack(plan.target.missing_layers);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    using Why = call::ProcessEnd::Why;
    const call::ProcessEnd& end = result.end;
    if (!context.json) {
      if (result.show_timing) cli::say(sandbox::to_text(result.timing));
      if (end.why == Why::timeout)
        context.note(fmt::format("timed out after {}: all processes in the sandbox were killed",
                                 human_duration(result.limits.timeout)));
      if (end.why == Why::out_of_memory) context.note(out_of_memory_text(end, result.limits.memory));
    }
    cli::Report report;
    report.exit = call::exit_code(end);
    if (!context.json) return report;
    report.json.set("reason", call::reason_name(end.why))
        .set("exit", report.exit)
        .set("duration_us", std::int64_t{result.took.count()})
        .set("walls", sandbox::to_json(result.walls));
    if (end.why == Why::killed_by_signal) report.json.set("signal", end.code);
    set_usage(report.json, result.usage);
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
