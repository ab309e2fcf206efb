// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "cli/table.hpp"
#include "state/store.hpp"
#include "sys/term.hpp"
#include "verbs/verbs.hpp"

#include <unistd.h>

namespace fn::img {
namespace {

struct Ls {
  static constexpr std::string_view name = "ls";
  static constexpr std::string_view summary = "list images";
  static std::vector<cli::Example> examples() {
    return {{"fnimg ls", "a table of all images"}, {"fnimg ls -q", "their references, for scripts"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Listed {
    state::ImageRow image;
    std::vector<state::LayerRow> layers;
  };
  struct Plan {
    std::vector<Listed> images;
  };

  static Plan plan(const Request&, cli::Context& context) {
    Plan plan;
    if (const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes()))
      for (state::ImageRow& image : store->images()) {
        std::vector<state::LayerRow> layers = store->layers(image.reference);
        plan.images.push_back({std::move(image), std::move(layers)});
      }
    if (plan.images.empty() && !context.json && sys::is_terminal(STDERR_FILENO))
      context.note("no images yet; 'fnimg build' and 'fnimg import' add them");
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json images = Json::array();
    cli::Table table(
        {{"REFERENCE"}, {"DIGEST"}, {"CREATED"}, {"SIZE", Align::right}, {"LAYERS", Align::right}, {"FOLLOWS"}});
    for (const auto& [image, layers] : plan.images) {
      images.push(json(image, layers));
      table.row({image.reference, image.descriptor.digest.brief(), image.created, human_bytes(image.layer_bytes),
                 std::to_string(layers.size()), follows(layers)});
      report.quiet += image.reference + '\n';
    }
    report.json.set("images", std::move(images));
    report.text = table.str(context.color);
    return report;
  }

  static Json json(const state::ImageRow& image, const std::vector<state::LayerRow>& layers) {
    Json follows = Json::array();
    for (const state::LayerRow& layer : layers)
      if (!layer.follows.empty()) follows.push(Json::object().set("layer", layer.name).set("channel", layer.follows));
    Json json = Json::object();
    json.set("reference", image.reference)
        .set("digest", image.descriptor.digest.str())
        .set("created", image.created)
        .set("size", image.layer_bytes)
        .set("layers", std::uint64_t{layers.size()})
        .set("follows", std::move(follows))
        .set("platform", image.platform);
    return json;
  }

  // As 'fnimg build --follow' takes it: "runtime=python3.11".
  static std::string follows(const std::vector<state::LayerRow>& layers) {
    std::string text;
    for (const state::LayerRow& layer : layers) {
      if (layer.follows.empty()) continue;
      if (!text.empty()) text += ", ";
      text += layer.name + '=' + layer.follows;
    }
    return text;
  }
};

}  // namespace

cli::Verb ls_verb() {
  return cli::verb<Ls>();
}

}  // namespace fn::img
