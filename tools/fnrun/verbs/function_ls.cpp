// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"
#include "client/function_settings.hpp"
#include "sys/term.hpp"
#include "verbs/verbs.hpp"

#include <unistd.h>

namespace fn::run {
namespace {

struct FunctionLs {
  static constexpr std::string_view name = "function ls";
  static constexpr std::string_view summary = "list the functions";
  static std::vector<cli::Example> examples() {
    return {{"fnrun function ls", "a table of all functions"}, {"fnrun function ls -q", "their names, for scripts"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Listed {
    state::Function function;
    oci::Digest image;  // empty: it is gone
  };
  struct Plan {
    std::vector<Listed> functions;
  };

  static Plan plan(const Request&, cli::Context& context) {
    Plan plan;
    if (auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes()))
      for (state::Function& function : store->functions().list()) {
        oci::Digest image = digest_of(*store, function);
        plan.functions.push_back({std::move(function), std::move(image)});
      }
    if (plan.functions.empty() && !context.json && sys::is_terminal(STDERR_FILENO))
      context.note("no functions yet; 'fnrun function set NAME REF' creates one");
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json functions = Json::array();
    cli::Table table({{"NAME"},
                      {"IMAGE"},
                      {"DIGEST"},
                      {"MEMORY", Align::right},
                      {"TIMEOUT", Align::right},
                      {"CPUS", Align::right},
                      {"NET"},
                      {"PROTOCOL"}});
    for (const auto& [function, image] : plan.functions) {
      functions.push(json_of(function, image));
      table.row(row(function, image));
      report.quiet += function.name + '\n';
    }
    report.json.set("functions", std::move(functions));
    report.text = table.str(context.color);
    return report;
  }

  static std::vector<std::string> row(const state::Function& function, const oci::Digest& image) {
    std::vector<std::string> cells{function.name, "", image.empty() ? "gone" : image.brief()};
    for (auto& [setting, value] : settings_of(function)) {
      if (setting == "image") cells[1] = value;
      for (const char* shown : {"memory", "timeout", "cpus", "net", "protocol"})
        if (setting == shown) cells.push_back(value);
    }
    return cells;
  }
};

}  // namespace

cli::Verb function_ls_verb() {
  return cli::verb<FunctionLs>();
}

}  // namespace fn::run
