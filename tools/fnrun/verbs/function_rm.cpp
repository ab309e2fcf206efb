// SPDX-License-Identifier: Apache-2.0
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::run {
namespace {

struct FunctionRm {
  static constexpr std::string_view name = "function rm";
  static constexpr std::string_view summary = "remove functions; if one cannot be removed, none is";
  static std::vector<cli::Example> examples() { return {{"fnrun function rm resize", "its image stays"}}; }

  struct Request {
    std::vector<std::string> names;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.names, {.name = "NAME", .complete = cli::Complete::function}, cli::Required::yes,
                       "a function");
  }

  struct Plan {
    std::vector<state::Function> functions;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan;
    for (const std::string& each : request.names) {
      const bool again = std::any_of(plan.functions.begin(), plan.functions.end(),
                                     [&](const state::Function& function) { return function.name == each; });
      if (!again) plan.functions.push_back(store.functions().get(each));
    }
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    std::vector<std::string> names;
    for (const state::Function& function : plan.functions) names.push_back(function.name);
    state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes())
        .functions()
        .remove(names);
    return plan;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would remove");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "removed"); }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    Json array = Json::array();
    for (const state::Function& function : plan.functions) {
      array.push(Json::object().set("name", function.name).set("image", function.image));
      report.text += fmt::format("{} {} ({})\n", verb, function.name, function.image);
    }
    report.json.set("removed", std::move(array));
    return report;
  }
};

}  // namespace

cli::Verb function_rm_verb() {
  return cli::verb<FunctionRm>();
}

}  // namespace fn::run
