// SPDX-License-Identifier: Apache-2.0
// One command in one sandbox (run/run_command.cpp). The program `fnrun` itself does what is asked for most and can be
// said in a few words (front/main.cpp); this verb has the rest: terminals, dry runs, JSON, images whose layers have to
// be unpacked, and every error. Such a sandbox is planned by execute(), since a plan changes nothing. Everything that
// goes wrong before the command runs exits with 125, unless it has a code of its own.
#include "cli/output.hpp"
#include "client/named_target.hpp"
#include "client/run_flags.hpp"
#include "client/voice_of.hpp"
#include "client/would_unpack.hpp"
#include "function/target.hpp"
#include "run/run_command.hpp"
#include "verbs/verbs.hpp"

#include <optional>

namespace fn::run {
namespace {

struct Run {
  static constexpr std::string_view name = "run";
  static constexpr std::string_view summary = "run one command in a sandbox";
  // For any failure before the command runs, as with env(1) and nohup(1).
  static constexpr int default_exit = 125;
  static std::vector<cli::Example> examples() {
    return {{"fnrun run app:v1", "the image's command in a sandbox; fnrun exits with its code"},
            {"fnrun run app:v1 --entrypoint '' -- sh -c 'id; ls /'", "another command, without the image's entrypoint"},
            {"fnrun run ./rootfs --memory 256M --timeout 3s -- bin/job", "a directory as the root, with limits"},
            {"echo '{}' | fnrun run app:v1 --mount ./data:/data:ro", "stdin is passed on"},
            {"fnrun run app:v1 --dry-run", "every step that would be taken, and every wall"}};
  }

  using Request = RunRequest;
  static void declare(cli::Command& command, Request& request) { declare_run(command, request); }

  struct Plan {
    function::Target target;
    std::optional<sandbox::Plan> sandbox;  // nothing: layers are to be unpacked before more can be said
    Request request;
  };
  struct Result {
    RunResult run;
    bool show_timing = false;
  };

  static Plan plan(const Request& given, cli::Context& context) {
    Request request = given;
    request.json = context.json;
    function::check_published(request.settings);
    Plan plan{.target = find(request, context, function::MissingLayers::count), .sandbox = {}, .request = request};
    if (plan.target.missing_layers == 0) plan.sandbox = plan_run(plan.target, request);
    return plan;
  }

  static function::Target find(const Request& request, const cli::Context& context, function::MissingLayers missing) {
    return find_named_target(request.target, {context.home, context.lock_timeout, context.notes()}, missing,
                             Named::image);
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    if (plan.sandbox) return run(*plan.sandbox, plan.target, plan.request, context);
    const function::Target target = find(plan.request, context, function::MissingLayers::unpack);
    return run(plan_run(target, plan.request), target, plan.request, context);
  }

  static Result run(const sandbox::Plan& plan, const function::Target& target, const Request& request,
                    cli::Context& context) {
    function::remember_target(target, {context.home, context.lock_timeout});
    Begun begun = Begun::no;
    return {run_command(plan, request, context.home, voice_of(context), begun), request.timing};
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    if (plan.sandbox) report.json = sandbox::to_json(*plan.sandbox);
    report.json.set("dry_run", true).set("unpack_layers", std::uint64_t{plan.target.missing_layers});
    report.text = plan.sandbox ? sandbox::to_text(*plan.sandbox) : would_unpack(plan.target.missing_layers);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    const RunResult& run = result.run;
    cli::Report report;
    report.exit = call::exit_code(run.end);
    if (!context.json) {
      if (result.show_timing) cli::say(sandbox::to_text(run.timing));
      if (const std::string note = run.note(); !note.empty()) context.note(note);
      return report;
    }
    report.json.set("reason", call::reason_name(run.end.why))
        .set("exit", report.exit)
        .set("duration_us", std::int64_t{run.took.count()})
        .set("walls", sandbox::to_json(run.walls));
    if (run.end.why == call::ProcessEnd::Why::killed_by_signal) report.json.set("signal", run.end.code);
    set_usage(report.json, run.usage);
    report.json.set("pooled", run.pooled).set("timing", sandbox::to_json(run.timing));
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
