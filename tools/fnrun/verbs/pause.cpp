// SPDX-License-Identifier: Apache-2.0
#include "client/callee.hpp"
#include "client/instance_json.hpp"
#include "instance/client.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

// A verb that sends a request to one instance and shows its new state. Action has the words, and ask().
template <typename Action>
struct AskInstance {
  static constexpr std::string_view name = Action::name;
  static constexpr std::string_view summary = Action::summary;
  static std::vector<cli::Example> examples() { return {Action::example}; }

  struct Request {
    std::string name;
  };
  struct Plan {
    instance::RunningInstance instance;
  };
  struct Result {
    instance::Record record;
  };

  static void declare(cli::Command& command, Request& request) {
    command.positional(request.name, {.name = "INSTANCE", .complete = cli::Complete::instance}, cli::Required::yes,
                       "an instance: a prefix of its id, or its function if that has only one instance");
  }
  static Plan plan(const Request& request, cli::Context& context) {
    return {.instance = find_instance(context.home, request.name)};
  }
  static Result execute(const Plan& plan, cli::Context&) {
    instance::Client client(plan.instance.dir.get());
    Action::ask(client);
    return {.record = client.status()};
  }
  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_of(plan.instance.record, Action::would);
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) {
    return report_of(result.record, Action::done);
  }

  static cli::Report report_of(const instance::Record& record, std::string_view what) {
    cli::Report report;
    report.text = fmt::format("{} {}\n", what, record.id);
    report.quiet = "";
    report.json.set("instance", json_of(record));
    return report;
  }
};

struct Pause {
  static constexpr std::string_view name = "pause";
  static constexpr std::string_view summary = "stop an instance's processes where they are";
  static constexpr cli::Example example{"fnrun pause 3f2a",
                                        "it keeps its memory and uses no CPU; deadlines are suspended"};
  static constexpr std::string_view would = "would pause";
  static constexpr std::string_view done = "paused";
  static void ask(instance::Client& client) { client.pause(); }
};

struct Resume {
  static constexpr std::string_view name = "resume";
  static constexpr std::string_view summary = "let a paused instance continue";
  static constexpr cli::Example example{"fnrun resume 3f2a", "it takes calls again"};
  static constexpr std::string_view would = "would resume";
  static constexpr std::string_view done = "resumed";
  static void ask(instance::Client& client) { client.resume(); }
};

}  // namespace

cli::Verb pause_verb() {
  return cli::verb<AskInstance<Pause>>();
}

cli::Verb resume_verb() {
  return cli::verb<AskInstance<Resume>>();
}

}  // namespace fn::run
