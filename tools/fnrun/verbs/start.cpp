// SPDX-License-Identifier: Apache-2.0
// An instance that is not ready in the end was not started: its function's last words are shown before the error.
#include "base/text.hpp"
#include "call/outcome.hpp"
#include "cli/output.hpp"
#include "client/callee.hpp"
#include "client/settings_flags.hpp"
#include "client/voice_of.hpp"
#include "client/would_unpack.hpp"
#include "function/start_instance.hpp"
#include "instance/client.hpp"
#include "run/published.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

// A stack trace is worth reading, and is not long.
constexpr int shown_lines = 20;

// The end of `text`, without empty lines after it.
std::string last_lines(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  std::size_t begin = text.size();
  for (int lines = 0; lines < shown_lines && begin != text.npos && begin > 0; ++lines)
    begin = text.rfind('\n', begin - 1);
  return begin == text.npos || begin == 0 ? text : text.substr(begin + 1);
}

// INIT_REPORT is our own word, and comes last.
std::string without_report(std::string log) {
  const std::size_t begin = log.find_last_not_of('\n') == log.npos ? 0 : log.rfind('\n', log.size() - 2) + 1;
  const std::size_t report = log.find("INIT_REPORT Init Duration: ", begin);
  if (report != log.npos) log.erase(report);
  return log;
}

struct Start {
  static constexpr std::string_view name = "start";
  static constexpr std::string_view summary = "start an instance that waits for calls";
  static std::vector<cli::Example> examples() {
    return {{"fnrun start resize", "an instance of a function; prints its id once it takes calls"},
            {"id=$(fnrun start -q app:v1 --keep-alive 1h)", "of an image, for scripts"}};
  }

  struct Request {
    CallTarget target;
  };
  static void declare(cli::Command& command, Request& request) {
    command.option("--handler", request.target.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)")
        .duration("--keep-alive", request.target.keep_alive, "how long it waits for the next call (an image: forever)");
    declare_protocol(command, request.target.protocol);
    declare_init_timeout(command, request.target.settings);
    declare_freeze(command, request.target.settings);
    declare_entrypoint(command, request.target.entrypoint);
    declare_settings(command, request.target.settings, "-e,--env");
    declare_publish(command, request.target.settings);
    declare_allow_remote(command, request.target.settings);
    declare_pool(command, request.target.settings);
    command
        .positional(request.target.name, {.name = "FN|REF|DIR", .complete = cli::Complete::function},
                    cli::Required::yes, "a function, an image or a directory (/.., ./..)")
        .command(request.target.command, {.name = "CMD"}, cli::Required::no,
                 "of an image: what takes the events, after its entrypoint");
  }

  struct Plan {
    CallTarget target;
    function::Assignment assignment;
    std::size_t missing_layers = 0;  // they are to be unpacked before more can be said
  };
  struct Result {
    instance::Record record;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    return make_plan(request.target, function::MissingLayers::count, context);
  }

  static Plan make_plan(const CallTarget& target, function::MissingLayers missing, const cli::Context& context) {
    Callee callee = find_callee(target, context, missing);
    if (callee.named_instance) fail(Kind::usage, "'{}' is an instance and already running", printable(target.name));
    Plan plan{.target = target, .assignment = std::move(callee.assignment)};
    const function::Assignment& assignment = plan.assignment;
    plan.assignment.one_shot = false;
    if (!callee.target) callee.target = function::find_target(assignment.target, assignment.state, missing);
    plan.missing_layers = callee.target->missing_layers;
    // Failures known before anything is started.
    if (plan.missing_layers == 0) (void)function::Blueprint::make(assignment, std::move(*callee.target)).plan();
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    sweep_dead_instances(context.home);
    if (plan.missing_layers == 0) return start(plan.assignment, context);
    return start(make_plan(plan.target, function::MissingLayers::unpack, context).assignment, context);
  }

  static Result start(const function::Assignment& assignment, const cli::Context& context) {
    const instance::RunningInstance started = function::start_instance(assignment);
    try {
      return wait_for(started, context);
    } catch (...) {
      end(started);
      throw;
    }
  }

  // Of an instance whose id nobody is told. Why not is what is to be told.
  static void end(const instance::RunningInstance& instance) noexcept {
    try {
      instance::Client(instance.dir.get()).stop(std::chrono::milliseconds(0));
    } catch (...) {
      return;
    }
  }

  static Result wait_for(const instance::RunningInstance& started, const cli::Context& context) {
    std::string log;
    const call::Receiver receiver{.head = {}, .chunk = {}, .log = [&](std::string_view bytes) { log += bytes; }};
    instance::Client client(started.dir.get());
    const call::Result ready = client.wait_ready(receiver);
    const call::Outcome& outcome = ready.outcome;
    if (outcome.status != call::Status::success) {
      const std::string output = last_lines(without_report(log) + call::error_report(outcome));
      if (!context.json && !output.empty()) cli::say(printable_lines(output) + '\n');
      throw Error(Kind::failure, fmt::format("the instance failed to start: {}", printable(outcome.message)),
                  output.empty() ? ""
                  : context.json ? "its output: " + output
                                 : "above is the end of its output")
          .as(call::exit_code(outcome), std::string(call::status_name(outcome.status)));
    }
    return {.record = client.status()};
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    if (plan.missing_layers > 0) report.text = would_unpack(plan.missing_layers);
    report.text += fmt::format("would start an instance of {}\n", printable(plan.assignment.reference));
    report.json.set("dry_run", true)
        .set("unpack_layers", std::uint64_t{plan.missing_layers})
        .set("reference", plan.assignment.reference);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    say_published(result.record.published, voice_of(context));
    cli::Report report;
    report.text = result.record.id + '\n';
    report.quiet = report.text;
    report.undo = [home = context.home, id = result.record.id] {
      try {
        end(instance::Instances(home).get(id));
      } catch (const Error&) {
        return;  // it is gone
      }
    };
    report.json.set("id", result.record.id)
        .set("reference", result.record.reference)
        .set("digest", result.record.digest)
        .set("protocol", result.record.protocol)
        .set("published", Json::strings(result.record.published));
    return report;
  }
};

}  // namespace

cli::Verb start_verb() {
  return cli::verb<Start>();
}

}  // namespace fn::run
