// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "callee.hpp"
#include "instance/client.hpp"
#include "lambda/outcome.hpp"
#include "settings_flags.hpp"
#include "verbs.hpp"

namespace fn::run {
namespace {

struct Start {
  static constexpr std::string_view name = "start";
  static constexpr std::string_view summary = "start an instance that waits for calls";
  static std::vector<cli::Example> examples() {
    return {{"fnrun start resize", "an instance of a function; its id is printed when it takes calls"},
            {"id=$(fnrun start -q app:v1 --keep-alive 1h)", "of an image, for scripts"}};
  }

  struct Request {
    Wish wish;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .option("--protocol", request.wish.protocol, {.name = "PROTOCOL", .choices = {"exec", "lambda"}},
                "of an image: exec, or lambda if it has a bootstrap and no entrypoint")
        .option("--handler", request.wish.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)")
        .duration("--keep-alive", request.wish.keep_alive, "how long it waits for the next call (an image: for ever)");
    declare_settings(command, request.wish.settings, "--env");
    command
        .positional(request.wish.target, {.name = "FN|REF|DIR", .complete = cli::Complete::function},
                    cli::Required::yes, "a function, an image or a directory (/.., ./..)")
        .command(request.wish.command, {.name = "CMD"}, cli::Required::no, "of an image: what takes the events");
  }

  struct Plan {
    Assignment assignment;
  };
  struct Result {
    instance::Record record;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Callee callee = find_callee(request.wish, context);
    if (callee.named_instance) fail(Kind::usage, "'{}' is an instance, it runs", printable(request.wish.target));
    Plan plan{.assignment = std::move(callee.assignment)};
    plan.assignment.one_shot = false;
    // What can be known to be wrong before anything is started.
    const Blueprint blueprint =
        callee.target ? Blueprint::make(plan.assignment, std::move(*callee.target)) : Blueprint::make(plan.assignment);
    (void)blueprint.plan();
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context&) {
    const instance::Living started = start_instance(plan.assignment);
    std::string log;
    const instance::Receiver receiver{.head = {}, .chunk = {}, .log = [&](std::string_view bytes) { log += bytes; }};
    instance::Client client(started.dir.get());
    const instance::CallResult ready = client.wait_ready(receiver);
    const lambda::Outcome outcome = lambda::outcome_of(ready.outcome);
    if (outcome.status != lambda::Status::success) {
      const std::size_t last = log.find_last_not_of('\n');
      const std::string line = last == std::string::npos ? "" : log.substr(log.rfind('\n', last) + 1);
      throw Error(Kind::failure, fmt::format("the instance did not come up: {}", printable(outcome.message)),
                  line.empty() ? "" : fmt::format("it said: {}", printable(trim(line))))
          .as(lambda::exit_code(outcome), std::string(lambda::status_name(outcome.status)));
    }
    return {.record = client.status()};
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.text = fmt::format("would start an instance of {}\n", printable(plan.assignment.reference));
    report.json.set("dry_run", true).set("reference", plan.assignment.reference);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    report.text = result.record.id + '\n';
    report.quiet = report.text;
    report.json.set("id", result.record.id)
        .set("reference", result.record.reference)
        .set("digest", result.record.digest)
        .set("protocol", result.record.protocol);
    return report;
  }
};

}  // namespace

cli::Verb start_verb() {
  return cli::verb<Start>();
}

}  // namespace fn::run
