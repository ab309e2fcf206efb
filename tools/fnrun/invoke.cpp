// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "call_end.hpp"
#include "call_printer.hpp"
#include "callee.hpp"
#include "cli/output.hpp"
#include "direct_call.hpp"
#include "event.hpp"
#include "instance/client.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/protocol.hpp"
#include "settings_flags.hpp"
#include "verbs.hpp"

namespace fn::run {
namespace {

using instance::CallRequest;
using instance::CallResult;

// What is wrong with an image has the exit code 125, where it has none of its own.
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
    return {{"fnrun invoke resize -e event.json", "a function; an instance that is warm takes the call"},
            {"fnrun invoke app:v1 -e '{\"a\":1}'", "an image, once"},
            {"fnrun invoke ./rootfs --raw -e - -- wc -c <photo.jpg", "any bytes in, any bytes out (protocol exec)"},
            {"fnrun invoke 3f2a -e '{}' --json | jq .outcome", "an instance, and how the call went"}};
  }

  struct Request {
    Wish wish;
    std::optional<std::string> event;
    bool raw = false;
    bool timing = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .option("-e,--event", request.event, {.name = "FILE|-|JSON", .complete = cli::Complete::file},
                "the event: JSON, a file with it, or - for standard input ({})")
        .flag("--raw", request.raw, "the event may be any bytes (protocol exec)")
        .option("--protocol", request.wish.protocol, {.name = "PROTOCOL", .choices = {"exec", "lambda"}},
                "of an image: exec, or lambda if it has a bootstrap and no entrypoint")
        .option("--handler", request.wish.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)")
        .duration("--keep-alive", request.wish.keep_alive, "of an image: its instance waits so long for more calls")
        .flag("--timing", request.timing, "say what each step of the start took");
    declare_settings(command, request.wish.settings, "--env");
    command
        .positional(request.wish.target, {.name = "FN|REF|DIR|INSTANCE", .complete = cli::Complete::function},
                    cli::Required::yes, "a function, an image, a directory (/.., ./..) or a running instance")
        .command(request.wish.command, {.name = "CMD"}, cli::Required::no, "of an image: what takes the event");
  }

  struct Plan {
    Callee callee;
    std::optional<Blueprint> blueprint;  // the call runs in this process
    sandbox::Plan sandbox;
    std::string event;
    CallRequest call;
    bool timing = false;
  };
  struct Result {
    CallResult call;
    std::string instance;  // id; "": none is left
    std::string response;
    std::string log;
    bool timing = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan;
    plan.event = read_event(request.event);
    plan.timing = request.timing;
    plan.call.id = lambda::new_request_id();
    plan.call.timeout = request.wish.settings.timeout;
    plan.call.details = request.timing || context.json;
    blaming_the_image([&] {
      plan.callee = find_callee(request.wish, context);
      return 0;
    });
    const Callee& callee = plan.callee;
    const bool exec = callee.named_instance ? callee.instance->record.protocol == "exec"
                                            : callee.assignment.protocol == state::Protocol::exec;
    if (request.raw && !exec) fail(Kind::usage, "flag '--raw' is for the protocol exec; lambda takes JSON");
    if (!request.raw) check_event(plan.event);
    if (callee.instance || !exec || !callee.assignment.one_shot) return plan;
    blaming_the_image([&] {
      plan.blueprint = callee.target ? Blueprint::make(callee.assignment, std::move(*plan.callee.target))
                                     : Blueprint::make(callee.assignment);
      return 0;
    });
    plan.sandbox = plan.blueprint->plan();
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    CallPrinter printer(context.json, context.quiet, plan.call.id, version_of(plan.callee));
    Result result;
    result.timing = plan.timing;
    routing::OutcomeLog outcomes(context.home);
    const Recorded recorded{plan.callee.assignment.function,
                            plan.blueprint ? plan.blueprint->target.digest : oci::Digest(), ""};
    if (const auto refused = refusal(plan)) {
      result.call = *refused;
      record_call(outcomes, recorded, result.call, std::chrono::system_clock::now());
    } else {
      try {
        result.call = blaming_the_image([&] { return call(plan, printer, outcomes, recorded, result.instance); });
      } catch (const Error& error) {
        if (!plan.callee.instance && error.kind() != Kind::usage) record_not_started(outcomes, recorded);
        throw;
      }
    }
    printer.finish(result.call);
    result.response = printer.response();
    result.log = printer.log();
    return result;
  }

  // What is known to go wrong before anybody is asked.
  static std::optional<CallResult> refusal(const Plan& plan) {
    std::optional<lambda::Outcome> outcome;
    const Callee& callee = plan.callee;
    if (plan.event.size() > lambda::max_event)
      outcome = {lambda::Status::event_too_large,
                 "RequestEntityTooLargeException",
                 fmt::format("the event is {} bytes long, more than {}", plan.event.size(), lambda::max_event),
                 0,
                 {}};
    else if (callee.limit > 0 && callee.in_flight >= callee.limit)
      outcome = {lambda::Status::throttled,
                 "TooManyRequestsException",
                 fmt::format("function '{}' is at work on {} calls, as many as it may", callee.assignment.function,
                             callee.in_flight),
                 0,
                 {}};
    if (!outcome) return std::nullopt;
    CallResult result;
    result.outcome = lambda::to_json(*outcome);
    result.request_id = plan.call.id;
    return result;
  }

  static CallResult call(const Plan& plan, CallPrinter& printer, routing::OutcomeLog& outcomes,
                         const Recorded& recorded, std::string& instance) {
    const Callee& callee = plan.callee;
    if (plan.blueprint) {
      const auto at = std::chrono::system_clock::now();
      CallResult result = call_directly(callee.assignment, plan.sandbox, plan.call, plan.event, printer.receiver());
      record_call(outcomes, recorded, result, at);
      return result;
    }
    if (callee.instance) {
      instance = callee.instance->record.id;
      try {
        CallResult result =
            instance::Client(callee.instance->dir.get()).invoke(plan.call, plan.event, printer.receiver());
        // Somebody else was faster.
        if (callee.named_instance || result.outcome.string_or("status", "") != "throttled") return result;
      } catch (const Error& error) {
        if (callee.named_instance || printer.has_begun() ||
            (error.kind() != Kind::not_found && error.kind() != Kind::busy))
          throw;
      }
    }
    const instance::Living started = start_instance(callee.assignment);
    instance = callee.assignment.one_shot ? "" : started.record.id;
    return instance::Client(started.dir.get()).invoke(plan.call, plan.event, printer.receiver());
  }

  static std::string version_of(const Callee& callee) {
    return callee.named_instance ? callee.instance->record.version : callee.assignment.version;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    const Callee& callee = plan.callee;
    const std::string by = callee.instance  ? "instance " + callee.instance->record.id
                           : plan.blueprint ? "a sandbox for this call alone"
                                            : "an instance that is started for it";
    report.text = fmt::format("would send {} bytes to {}\n", plan.event.size(), by);
    report.json.set("dry_run", true).set("event_bytes", std::uint64_t{plan.event.size()});
    report.json.set("instance", callee.instance ? Json(callee.instance->record.id) : Json());
    if (plan.blueprint) report.json.set("sandbox", sandbox::to_json(plan.sandbox));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    cli::Report report;
    const lambda::Outcome outcome = lambda::outcome_of(result.call.outcome);
    report.exit = lambda::exit_code(outcome);
    if (context.json)
      report.json = json_of(result);
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

  static Json json_of(const Result& result) {
    const CallResult& call = result.call;
    Json json = Json::object();
    json.set("request_id", call.request_id).set("instance", result.instance.empty() ? Json() : Json(result.instance));
    json.set("outcome", call.outcome);
    set_text(json, "response", result.response);
    set_text(json, "log", result.log);
    json.set("duration_us", std::int64_t{call.duration.count()})
        .set("billed_ms", std::int64_t{std::chrono::ceil<std::chrono::milliseconds>(call.duration).count()});
    if (call.init) json.set("init_us", std::int64_t{call.init->count()});
    json.set("memory_limit", call.memory_limit);
    if (call.peak_memory)
      json.set("peak_memory", *call.peak_memory).set("peak_memory_is_approximate", call.peak_is_approximate);
    if (!call.walls.is_null()) json.set("walls", call.walls).set("timing", call.timing);
    return json;
  }

  // Text as it is, other bytes in base64.
  static void set_text(Json& json, const std::string& key, const std::string& bytes) {
    if (is_utf8(bytes))
      json.set(key, bytes);
    else
      json.set(key + "_b64", base64(bytes));
  }
};

}  // namespace

cli::Verb invoke_verb() {
  return cli::verb<Invoke>();
}

}  // namespace fn::run
