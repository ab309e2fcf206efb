// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pool_client.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

struct PoolStop {
  static constexpr std::string_view name = "pool stop";
  static constexpr std::string_view summary = "stop the pool of network namespaces; succeeds if there is none";
  static std::vector<cli::Example> examples() {
    return {{"fnrun pool stop", "sandboxes started from it keep running"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Plan {
    std::string directory;
    bool runs = false;
  };
  struct Result {
    std::optional<sandbox::PoolReply> said;
  };

  static Plan plan(const Request&, cli::Context& context) {
    Plan plan{.directory = sandbox::pool_directory(context.home)};
    plan.runs = sandbox::pool_status(plan.directory).has_value();
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context&) { return {sandbox::stop_pool(plan.directory)}; }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("running", plan.runs).set("dry_run", true);
    report.text = plan.runs ? "the pool would be stopped\n" : "no pool is running\n";
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    report.json.set("stopped", result.said.has_value());
    report.text = "no pool is running\n";
    if (!result.said) return report;
    report.json.set("given", result.said->given).set("refused", result.said->refused);
    report.text = fmt::format("the pool was stopped; it handed out {} and was empty {}\n",
                              counted(result.said->given, "network namespace", "network namespaces"),
                              counted(result.said->refused, "time", "times"));
    return report;
  }
};

}  // namespace

cli::Verb pool_stop_verb() {
  return cli::verb<PoolStop>();
}

}  // namespace fn::run
