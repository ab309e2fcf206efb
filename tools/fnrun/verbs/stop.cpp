// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "client/callee.hpp"
#include "instance/client.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

struct Stop {
  static constexpr std::string_view name = "stop";
  static constexpr std::string_view summary = "end instances";
  static std::vector<cli::Example> examples() {
    return {{"fnrun stop 3f2a", "SIGTERM to the function, and SIGKILL after 2 s"},
            {"fnrun stop --all --grace 0s", "all of them, immediately"}};
  }

  struct Request {
    std::vector<std::string> names;
    bool all = false;
    std::chrono::milliseconds grace{2000};
  };
  static void declare(cli::Command& command, Request& request) {
    command.flag("--all", request.all, "every instance")
        .duration("--grace", request.grace, "time between SIGTERM and SIGKILL (2s)")
        .positional(request.names, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::no,
                    "an instance: a prefix of its id, or its function if that has only one instance");
  }

  struct Plan {
    std::vector<instance::RunningInstance> instances;
    std::chrono::milliseconds grace{0};
  };
  struct Result {
    std::vector<instance::Record> stopped;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.all == !request.names.empty())
      fail_hint(Kind::usage, "fnrun stop INSTANCE.. or fnrun stop --all", "either INSTANCE.. or --all must be given");
    Plan plan{.instances = {}, .grace = request.grace};
    if (request.all) {
      plan.instances = running_instances(context.home);
      return plan;
    }
    for (const std::string& each : request.names) {
      instance::RunningInstance found = find_instance(context.home, each);
      const bool again =
          std::any_of(plan.instances.begin(), plan.instances.end(),
                      [&](const instance::RunningInstance& known) { return known.record.id == found.record.id; });
      if (!again) plan.instances.push_back(std::move(found));
    }
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    Result result;
    for (const instance::RunningInstance& each : plan.instances) {
      try {
        instance::Client(each.dir.get()).stop(plan.grace);
      } catch (const Error& error) {
        if (error.kind() != Kind::not_found) throw;  // it went by itself
      }
      result.stopped.push_back(each.record);
    }
    sweep_dead_instances(context.home);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    Result would;
    for (const instance::RunningInstance& each : plan.instances) would.stopped.push_back(each.record);
    cli::Report report = report_as(would, "would stop");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "stopped"); }

  static cli::Report report_as(const Result& result, std::string_view verb) {
    cli::Report report;
    Json array = Json::array();
    for (const instance::Record& record : result.stopped) {
      array.push(Json::object().set("id", record.id).set("reference", record.reference));
      report.text += fmt::format("{} {} ({})\n", verb, record.id, printable(record.reference));
    }
    report.json.set("stopped", std::move(array));
    return report;
  }
};

}  // namespace

cli::Verb stop_verb() {
  return cli::verb<Stop>();
}

}  // namespace fn::run
