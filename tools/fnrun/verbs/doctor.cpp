// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli/table.hpp"
#include "doctor/host_checks.hpp"
#include "sandbox/pool.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::run {
namespace {

struct Doctor {
  static constexpr std::string_view name = "doctor";
  static constexpr std::string_view summary = "show what this host allows, and how to fix the rest";
  static std::vector<cli::Example> examples() {
    return {{"fnrun doctor", "one line for each feature that sandboxes use; exit code 1 if 'run' cannot work"},
            {"fnrun doctor --json | jq -r '.checks[].remedy // empty'", "the commands alone"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Plan {
    std::vector<Check> checks;
  };

  static Plan plan(const Request&, cli::Context& context) {
    return {check_host(sandbox::pool_directory(context.home))};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    const bool can_run = plan.checks.back().level != Check::Level::missing;
    cli::Report report;
    cli::Table table({{"CHECK"}, {"STATE"}, {"FOUND"}});
    Json checks = Json::array();
    std::string advice;
    for (const Check& check : plan.checks) {
      table.row({check.name, std::string(level_name(check.level)), check.found});
      checks.push(json_of(check));
      if (check.level == Check::Level::ok) continue;
      advice += fmt::format("\n{}: {}\n", check.name, check.means);
      if (!check.remedy.empty()) advice += fmt::format("  {}\n", printable(check.remedy));
      report.quiet += check.name + '\n';
    }
    report.text = table.str(context.color) + advice;
    report.json.set("can_run", can_run).set("checks", std::move(checks));
    report.exit = can_run ? 0 : 1;
    return report;
  }

  static Json json_of(const Check& check) {
    Json json = Json::object().set("check", check.name).set("state", level_name(check.level)).set("found", check.found);
    if (!check.means.empty()) json.set("means", check.means);
    if (!check.remedy.empty()) json.set("remedy", check.remedy);
    return json;
  }
};

}  // namespace

cli::Verb doctor_verb() {
  return cli::verb<Doctor>();
}

}  // namespace fn::run
