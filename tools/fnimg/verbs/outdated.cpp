// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "state/store.hpp"
#include "update/following.hpp"
#include "update/update_plan.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

struct Outdated {
  static constexpr std::string_view name = "outdated";
  static constexpr std::string_view summary = "list the layers for which their channel has another version";
  static std::vector<cli::Example> examples() {
    return {{"fnimg outdated", "of all images"}, {"fnimg outdated app:v1 --exit-code", "exit with 1 if there is one"}};
  }

  struct Request {
    std::optional<std::string> reference;
    bool exit_code = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference},
                    "the image: NAME:TAG (default: all)")
        .flag("--exit-code", request.exit_code, "exit with 1 if a layer is outdated");
  }

  struct Layer {
    std::string reference;
    std::string layer;
    std::string channel;
    std::string has;         // "": another layer than any version's
    std::string gets;        // "": the channel has no version
    std::size_t behind = 0;  // versions between the two, the one that it gets included
    bool is_outdated = false;
    bool is_held = false;
    std::vector<std::string> functions;
  };
  struct Plan {
    std::vector<Layer> layers;
    bool exit_code = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan{.layers = {}, .exit_code = request.exit_code};
    auto store = request.reference ? state::Store::open(context.home, state::Store::Access::read, context.lock_timeout,
                                                        context.notes())
                                   : state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
    if (!store) return plan;
    VersionImages versions(*store);
    const std::vector<std::string> references =
        request.reference ? std::vector{open_tagged(*store, *request.reference).row.reference} : store->followers("");
    for (const std::string& reference : references) {
      const std::vector<state::LayerRow> layers = store->layers(reference);
      for (const Following& following : followings(layers))
        plan.layers.push_back(look_at(*store, versions, reference, layers, following));
    }
    return plan;
  }

  static Layer look_at(state::Store& store, VersionImages& versions, const std::string& reference,
                       const std::vector<state::LayerRow>& layers, const Following& following) {
    Layer layer{.reference = reference,
                .layer = run_label(layers, following.run),
                .channel = following.channel,
                .has = {},
                .gets = {},
                .functions = functions_following(store, reference)};
    const VersionImage* has = versions.in(following.channel, layers, following.run);
    if (has) layer.has = has->version.version;
    const auto channel = store.channels().find(following.channel);
    const std::vector<VersionImage>& all = versions.of(following.channel);
    if (!channel || all.empty()) return layer;
    layer.is_held = channel->is_held;
    const state::ChannelVersion gets = store.channels().current(following.channel);
    layer.gets = gets.version;
    layer.is_outdated = !has || has->version.number != gets.number;
    for (const VersionImage& each : all)
      if (each.version.number <= gets.number && each.version.number > (has ? has->version.number : 0)) ++layer.behind;
    return layer;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    Json layers = Json::array();
    cli::Table table({{"IMAGE"},
                      {"LAYER"},
                      {"CHANNEL"},
                      {"HAS"},
                      {"GETS"},
                      {"BEHIND", cli::Table::Align::right},
                      {"FUNCTIONS"},
                      {""}});
    for (const Layer& one : plan.layers) {
      const auto version = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
      layers.push(Json::object()
                      .set("reference", one.reference)
                      .set("layer", one.layer)
                      .set("channel", one.channel)
                      .set("has", version(one.has))
                      .set("gets", version(one.gets))
                      .set("behind", std::uint64_t{one.behind})
                      .set("outdated", one.is_outdated)
                      .set("held", one.is_held)
                      .set("functions", Json::strings(one.functions)));
      if (!one.is_outdated) continue;
      report.exit = plan.exit_code ? 1 : 0;
      table.row({one.reference, printable(one.layer), one.channel, one.has.empty() ? "-" : one.has, one.gets,
                 std::to_string(one.behind), fmt::format("{}", fmt::join(one.functions, ", ")),
                 one.is_held ? "held" : ""});
      if (report.quiet.empty() || !report.quiet.ends_with("\n" + one.reference + "\n"))
        report.quiet += one.reference + '\n';
    }
    report.json.set("layers", std::move(layers));
    report.text = report_text(plan, table.str(context.color));
    return report;
  }

  static std::string report_text(const Plan& plan, std::string table) {
    const auto outdated = [](const Layer& one) { return one.is_outdated; };
    if (std::any_of(plan.layers.begin(), plan.layers.end(), outdated)) return table;
    return plan.layers.empty() ? "no layer follows a channel\n" : "every layer is what its channel has\n";
  }
};

}  // namespace

cli::Verb outdated_verb() {
  return cli::verb<Outdated>();
}

}  // namespace fn::img
