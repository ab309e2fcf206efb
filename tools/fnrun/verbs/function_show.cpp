// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"
#include "client/function_settings.hpp"
#include "verbs/verbs.hpp"

namespace fn::run {
namespace {

struct FunctionShow {
  static constexpr std::string_view name = "function show";
  static constexpr std::string_view summary = "show all settings of a function";
  static std::vector<cli::Example> examples() {
    return {{"fnrun function show resize", "its image, limits and environment"},
            {"fnrun function show resize -q", "the digest of the image that the next call runs"}};
  }

  struct Request {
    std::string name;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.name, {.name = "NAME", .complete = cli::Complete::function}, cli::Required::yes,
                       "the function");
  }

  struct Plan {
    state::Function function;
    oci::Digest image;  // empty: it is gone
  };

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.function = store.functions().get(request.name), .image = {}};
    plan.image = digest_of(store, plan.function);
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    cli::Table table({{""}, {""}});
    table.row({"name", plan.function.name});
    for (auto& [setting, value] : settings_of(plan.function)) {
      table.row({setting, value});
      if (setting == "image") table.row({"digest", plan.image.empty() ? "no longer in the state" : plan.image.str()});
    }
    table.row({"created", rfc3339(plan.function.created_at)});
    table.row({"updated", rfc3339(plan.function.updated_at)});
    report.text = table.str(context.color);
    report.quiet = plan.image.str();
    report.json = json_of(plan.function, plan.image);
    return report;
  }
};

}  // namespace

cli::Verb function_show_verb() {
  return cli::verb<FunctionShow>();
}

}  // namespace fn::run
