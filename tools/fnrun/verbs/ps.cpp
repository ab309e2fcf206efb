// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli/table.hpp"
#include "client/callee.hpp"
#include "client/instance_json.hpp"
#include "instance/client.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

using namespace std::chrono_literals;

struct Ps {
  static constexpr std::string_view name = "ps";
  static constexpr std::string_view summary = "list running instances";
  static std::vector<cli::Example> examples() {
    return {{"fnrun ps", "a table of all instances"}, {"fnrun ps -q", "their ids, for scripts"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Plan {
    std::vector<instance::Record> instances;
    UnixTime now = 0;
  };

  static Plan plan(const Request&, cli::Context& context) {
    Plan plan;
    plan.now = context.clock.now();
    sweep_dead_instances(context.home);
    for (const instance::RunningInstance& each : running_instances(context.home))
      if (const auto record = ask(each)) plan.instances.push_back(*record);
    return plan;
  }

  // What its supervisor says; if that is at work on something else, what it wrote last. Nothing if it went meanwhile.
  static std::optional<instance::Record> ask(const instance::RunningInstance& running) {
    try {
      return instance::Client(running.dir.get()).status(1s);
    } catch (const Error& error) {
      if (error.kind() == Kind::not_found) return std::nullopt;
      return running.record;
    }
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json instances = Json::array();
    cli::Table table({{"INSTANCE"},
                      {"FUNCTION"},
                      {"IMAGE"},
                      {"PROTOCOL"},
                      {"STATE"},
                      {"CALLS", Align::right},
                      {"AGE", Align::right}});
    for (const instance::Record& record : plan.instances) {
      instances.push(json_of(record));
      report.quiet += record.id + '\n';
      table.row({record.id, record.function.empty() ? "-" : record.function, record.reference, record.protocol,
                 record.frozen ? "frozen" : std::string(state_name(record.state)), std::to_string(record.calls),
                 human_duration(std::chrono::seconds(std::max<UnixTime>(plan.now - record.started_at, 0)))});
    }
    report.json.set("instances", std::move(instances));
    report.text = table.str(context.color);
    return report;
  }
};

}  // namespace

cli::Verb ps_verb() {
  return cli::verb<Ps>();
}

}  // namespace fn::run
