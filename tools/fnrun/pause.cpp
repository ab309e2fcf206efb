// SPDX-License-Identifier: Apache-2.0
#include "callee.hpp"
#include "instance/client.hpp"
#include "instance_json.hpp"
#include "verbs.hpp"

namespace fn::run {
namespace {

// What pause and resume have in common.
struct Request {
  std::string name;
};
struct Plan {
  instance::Living instance;
};
struct Result {
  instance::Record record;
};

void declare_instance(cli::Command& command, Request& request) {
  command.positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                     "an instance, by the beginning of its id, or by its function if that has no other");
}

cli::Report report_of(const instance::Record& record, std::string_view what) {
  cli::Report report;
  report.text = fmt::format("{} {}\n", what, record.id);
  report.quiet = "";
  report.json.set("instance", json_of(record));
  return report;
}

struct Pause {
  static constexpr std::string_view name = "pause";
  static constexpr std::string_view summary = "stop an instance's processes where they are";
  static std::vector<cli::Example> examples() {
    return {{"fnrun pause 3f2a", "it keeps its memory and uses no processor; deadlines stand still"}};
  }

  using Request = run::Request;
  using Plan = run::Plan;
  using Result = run::Result;
  static void declare(cli::Command& command, Request& request) { declare_instance(command, request); }
  static Plan plan(const Request& request, cli::Context& context) {
    return {.instance = find_instance(context.home, request.name)};
  }
  static Result execute(const Plan& plan, cli::Context&) {
    instance::Client client(plan.instance.dir.get());
    client.pause();
    return {.record = client.status()};
  }
  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_of(plan.instance.record, "would pause");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_of(result.record, "paused"); }
};

struct Resume {
  static constexpr std::string_view name = "resume";
  static constexpr std::string_view summary = "let a paused instance go on";
  static std::vector<cli::Example> examples() { return {{"fnrun resume 3f2a", "calls are taken again"}}; }

  using Request = run::Request;
  using Plan = run::Plan;
  using Result = run::Result;
  static void declare(cli::Command& command, Request& request) { declare_instance(command, request); }
  static Plan plan(const Request& request, cli::Context& context) {
    return {.instance = find_instance(context.home, request.name)};
  }
  static Result execute(const Plan& plan, cli::Context&) {
    instance::Client client(plan.instance.dir.get());
    client.resume();
    return {.record = client.status()};
  }
  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_of(plan.instance.record, "would resume");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_of(result.record, "resumed"); }
};

}  // namespace

cli::Verb pause_verb() {
  return cli::verb<Pause>();
}

cli::Verb resume_verb() {
  return cli::verb<Resume>();
}

}  // namespace fn::run
