// SPDX-License-Identifier: Apache-2.0
// One event to one callee. plan() reads the event and finds who takes it: a running instance with room, a new one, or,
// with the exec protocol and no keep-alive, a sandbox in this very process. It changes nothing; layers that are missing
// are only counted, and execute() plans again with unpacking.
//
// A call that can't succeed (event too large, concurrency limit) is refused with the same outcome as a supervisor would
// give, before anybody is asked. If the instance that was chosen is taken by somebody else or ends before the response
// has begun, a new one is started, once. After the first byte of a response a call is never sent again, and an instance
// that was named is the only one that is asked. Calls in this process are recorded here, all others by the supervisor.
#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "cli/output.hpp"
#include "client/call_json.hpp"
#include "client/call_printer.hpp"
#include "client/callee.hpp"
#include "client/direct_call.hpp"
#include "client/event.hpp"
#include "client/settings_flags.hpp"
#include "client/voice_of.hpp"
#include "client/would_unpack.hpp"
#include "function/start_instance.hpp"
#include "instance/client.hpp"
#include "routing/call_log.hpp"
#include "routing/call_slot.hpp"
#include "run/published.hpp"
#include "sys/signal.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

// Errors of an image have the exit code 125, unless they have one of their own.
template <typename Body>
auto blaming_the_image(const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    const std::string& reason = error.reason();
    if (error.exit() != 0 || (reason != "no_entrypoint" && reason != "bad_image")) throw;
    throw Error(error).as(125, reason);
  }
}

struct Invoke {
  static constexpr std::string_view name = "invoke";
  static constexpr std::string_view summary = "send one event to a function and print its response";
  static std::vector<cli::Example> examples() {
    return {{"fnrun invoke resize -e event.json", "a function; a warm instance takes the call"},
            {"fnrun invoke app:v1 -e '{\"a\":1}'", "an image, once"},
            {"fnrun invoke ./rootfs --raw -e - -- wc -c <photo.jpg", "any bytes in, any bytes out (protocol exec)"},
            {"fnrun invoke 3f2a -e '{}' --json | jq .outcome", "an instance, and the outcome of the call"}};
  }

  struct Request {
    CallTarget target;
    std::optional<std::string> event;
    bool raw = false;
    bool timing = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .option("-e,--event", request.event, {.name = "FILE|-|JSON", .complete = cli::Complete::file},
                "the event: JSON, a file with it (also @FILE), or - for stdin; without it, {}")
        .flag("--raw", request.raw, "accept any bytes as the event (protocol exec)")
        .option("--handler", request.target.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)")
        .duration("--keep-alive", request.target.keep_alive, "of an image: how long its instance waits for more calls")
        .flag("--timing", request.timing, "show how long each step of the start took");
    declare_protocol(command, request.target.protocol);
    declare_init_timeout(command, request.target.settings);
    declare_freeze(command, request.target.settings);
    declare_entrypoint(command, request.target.entrypoint);
    declare_settings(command, request.target.settings, "--env");
    declare_publish(command, request.target.settings);
    declare_allow_remote(command, request.target.settings);
    declare_pool(command, request.target.settings);
    command
        .positional(request.target.name, {.name = "FN|REF|DIR|INSTANCE", .complete = cli::Complete::function},
                    cli::Required::yes, "a function, an image, a directory (/.., ./..) or a running instance")
        .command(request.target.command, {.name = "CMD"}, cli::Required::no,
                 "of an image: what takes the event, after its entrypoint");
  }

  struct Plan {
    Request request;
    Callee callee;
    std::size_t missing_layers = 0;                // they are to be unpacked before more can be said
    std::optional<function::Blueprint> blueprint;  // the call runs in this process
    sandbox::Plan sandbox;
    std::string event;
    call::Request call;
  };
  struct Result {
    call::Result call;
    std::string instance;  // id; "": none is left
    std::string response;
    std::string log;
    bool timing = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    refuse_bare_event(request);
    return make_plan(request, read_event(request.event), function::MissingLayers::count, context);
  }

  // No program has such a name.
  static void refuse_bare_event(const Request& request) {
    const std::vector<std::string>& words = request.target.command;
    if (request.event || words.size() != 1 || !looks_like_json(words.front())) return;
    fail_hint(Kind::usage, fmt::format("fnrun invoke {} -e '{}'", printable(request.target.name), printable(words[0])),
              "an event is given with '-e'");
  }

  static Plan make_plan(const Request& request, std::string event, function::MissingLayers missing,
                        const cli::Context& context) {
    Plan plan;
    plan.request = request;
    plan.event = std::move(event);
    plan.call.id = call::new_request_id();
    plan.call.timeout = request.target.settings.timeout;
    plan.call.details = request.timing || context.json;
    blaming_the_image([&] {
      plan.callee = find_callee(request.target, context, missing);
      return 0;
    });
    const Callee& callee = plan.callee;
    if (!request.raw) check_event(plan.event);
    if (callee.target) plan.missing_layers = callee.target->missing_layers;
    if (plan.missing_layers > 0) return plan;
    const bool may_be_direct =
        !callee.instance && callee.assignment.one_shot && callee.assignment.protocol != state::Protocol::lambda;
    if (may_be_direct || (request.raw && !callee.instance)) find_target(plan, missing);
    if (plan.missing_layers > 0) return plan;
    const bool exec = callee.instance ? callee.instance->record.protocol == "exec" : speaks_exec(plan.callee);
    if (request.raw && !exec) fail(Kind::usage, "flag '--raw' requires protocol exec; lambda takes JSON");
    if (!may_be_direct || !exec) return plan;
    blaming_the_image([&] {
      plan.blueprint = function::Blueprint::make(callee.assignment, std::move(*plan.callee.target));
      plan.sandbox = plan.blueprint->plan();
      plan.sandbox.spec.time = plan.call.timeout ? plan.call.timeout : callee.assignment.settings.timeout;
      return 0;
    });
    return plan;
  }

  static bool speaks_exec(const Callee& callee) {
    const auto& protocol = callee.assignment.protocol;
    const auto spoken = protocol || !callee.target ? protocol.value_or(state::Protocol::exec)
                                                   : function::protocol_of(callee.assignment, *callee.target);
    return spoken == state::Protocol::exec;
  }

  static void find_target(Plan& plan, function::MissingLayers missing) {
    const function::Assignment& assignment = plan.callee.assignment;
    blaming_the_image([&] {
      if (!plan.callee.target) plan.callee.target = function::find_target(assignment.target, assignment.state, missing);
      return 0;
    });
    plan.missing_layers = plan.callee.target->missing_layers;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    if (plan.callee.has_dead_instances) sweep_dead_instances(context.home);
    if (plan.missing_layers == 0) return send(plan, context);
    return send(make_plan(plan.request, plan.event, function::MissingLayers::unpack, context), context);
  }

  static Result send(const Plan& plan, cli::Context& context) {
    CallPrinter printer(context.json, context.quiet, plan.call.id, version_of(plan.callee));
    Result result;
    result.timing = plan.request.timing;
    routing::CallLog call_log(context.home);
    const routing::CalledFunction called{plan.callee.assignment.function,
                                         plan.blueprint ? plan.blueprint->target.digest : oci::Digest(), ""};
    const auto slot = slot_of(plan.callee, context);
    if (const auto refused = refusal(plan, slot.has_value())) {
      result.call = *refused;
      call_log.record(called, result.call, std::chrono::system_clock::now());
    } else {
      try {
        result.call =
            blaming_the_image([&] { return call(plan, printer, call_log, called, result.instance, context); });
      } catch (const sys::Interrupted&) {
        printer.end_line();
        if (!result.instance.empty()) say_it_goes_on(result.instance, context);
        throw;
      } catch (const Error& error) {
        printer.end_line();
        if (!plan.callee.instance && error.kind() != Kind::usage) call_log.record_no_start(called);
        throw;
      }
    }
    printer.finish(result.call);
    explain_guess(plan, result.call.outcome, context);
    result.response = printer.response();
    result.log = printer.log();
    return result;
  }

  // The bootstrap that made it lambda may be there for something else.
  static void explain_guess(const Plan& plan, const call::Outcome& outcome, const cli::Context& context) {
    using call::Status;
    const bool guessed = !plan.callee.named_instance && !plan.callee.assignment.protocol && !plan.blueprint;
    const bool failed = outcome.status == Status::init_error || outcome.status == Status::init_timeout;
    if (guessed && failed)
      context.note(
          "it has a bootstrap and no entrypoint, so it is called by '--protocol lambda'; "
          "'--protocol exec' calls it with the event on stdin");
  }

  // Neither protocol can take a call back. An instance that is for one call ends with its caller.
  static void say_it_goes_on(const std::string& instance, const cli::Context& context) {
    context.note(
        fmt::format("the call goes on in instance {0}: 'fnrun logs -f {0}' shows what it writes, "
                    "'fnrun stop {0}' ends it",
                    instance));
  }

  // Held until the call is over.
  static std::optional<routing::CallSlot> slot_of(const Callee& callee, const cli::Context& context) {
    if (callee.limit == 0) return std::nullopt;
    return routing::CallSlot::take(context.home, callee.assignment.function, callee.limit);
  }

  // Failures known before any request is sent. The records know of calls that nobody waits for any more.
  static std::optional<call::Result> refusal(const Plan& plan, bool has_slot) {
    std::optional<call::Outcome> outcome;
    const Callee& callee = plan.callee;
    if (plan.event.size() > call::max_event)
      outcome = {call::Status::event_too_large,
                 "RequestEntityTooLargeException",
                 fmt::format("the event has {} bytes, limit {}", plan.event.size(), call::max_event),
                 0,
                 {}};
    else if (callee.limit > 0 && (!has_slot || callee.in_flight >= callee.limit))
      outcome = {call::Status::throttled,
                 "TooManyRequestsException",
                 fmt::format("function '{}' is at its concurrency limit ({} in flight)", callee.assignment.function,
                             counted(callee.limit, "call", "calls")),
                 0,
                 {}};
    if (!outcome) return std::nullopt;
    call::Result result;
    result.outcome = *outcome;
    result.request_id = plan.call.id;
    return result;
  }

  static call::Result call(const Plan& plan, CallPrinter& printer, routing::CallLog& call_log,
                           const routing::CalledFunction& called, std::string& instance, const cli::Context& context) {
    const Callee& callee = plan.callee;
    if (plan.blueprint) {
      const auto at = std::chrono::system_clock::now();
      call::Result result =
          call_directly(callee.assignment, plan.sandbox, plan.call, plan.event, printer.receiver(), context);
      call_log.record(called, result, at);
      return result;
    }
    // An instance may end, be paused or be taken by another caller before it sees the call.
    for (int offer = 1;; ++offer) {
      std::optional<instance::RunningInstance> started;
      if (!callee.instance || offer > 1) started = function::start_instance(callee.assignment);
      if (started) say_published(started->record.published, voice_of(context));
      const instance::RunningInstance& taker = started ? *started : *callee.instance;
      instance = started && callee.assignment.one_shot ? "" : taker.record.id;
      const bool is_last = callee.named_instance || offer == instance::max_offers;
      try {
        call::Result result = instance::Client(taker.dir.get()).invoke(plan.call, plan.event, printer.receiver());
        if (is_last || result.outcome.status != call::Status::throttled) return result;
      } catch (const Error& error) {
        if (is_last || printer.has_begun() || !instance::is_unseen(error)) throw;
      }
    }
  }

  static std::string version_of(const Callee& callee) {
    return callee.named_instance ? callee.instance->record.version : callee.assignment.version;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    const Callee& callee = plan.callee;
    if (plan.missing_layers > 0) report.text = would_unpack(plan.missing_layers);
    const std::string by = callee.instance                             ? "instance " + callee.instance->record.id
                           : plan.blueprint || plan.missing_layers > 0 ? "a sandbox for this call only"
                                                                       : "a new instance";
    report.text += fmt::format("would send {} to {}\n", counted(plan.event.size(), "byte", "bytes"), by);
    report.json.set("dry_run", true)
        .set("unpack_layers", std::uint64_t{plan.missing_layers})
        .set("event_bytes", std::uint64_t{plan.event.size()});
    report.json.set("instance", callee.instance ? Json(callee.instance->record.id) : Json());
    if (plan.blueprint) report.json.set("sandbox", sandbox::to_json(plan.sandbox));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    cli::Report report;
    report.exit = call::exit_code(result.call.outcome);
    if (context.json)
      report.json = call_json(result.call, result.instance, result.response, result.log);
    else if (result.timing && !result.call.timing.is_null())
      cli::say(timing_text(result.call.timing));
    return report;
  }

  static std::string timing_text(const Json& timing) {
    std::string text;
    for (const Json& line : timing.at("steps").as_array())
      text += fmt::format("{:8}{:20}{:7} us\n", line.at("by").as_string(), line.at("step").as_string(),
                          line.at("us").as_integer());
    return text + fmt::format("{:28}{:7} us\n", "to the command", timing.at("to_command_us").as_integer());
  }
};

}  // namespace

cli::Verb invoke_verb() {
  return cli::verb<Invoke>();
}

}  // namespace fn::run
