// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

// One step of an image's making, and the layer that it added.
struct Step {
  oci::History history;
  const oci::Descriptor* layer = nullptr;  // null: none
};

std::vector<Step> steps(const oci::Image& image) {
  std::vector<Step> steps;
  std::size_t next = 0;
  for (oci::History& history : image.config.history_of(image.manifest.layers.size())) {
    const oci::Descriptor* layer = history.empty_layer ? nullptr : &image.manifest.layers[next++];
    steps.push_back({std::move(history), layer});
  }
  return steps;
}

struct History {
  static constexpr std::string_view name = "history";
  static constexpr std::string_view summary = "show how an image was built, newest step last";
  static std::vector<cli::Example> examples() {
    return {{"fnimg history app:v1", "the steps, with the layer that each one added"}};
  }

  struct Request {
    std::string reference;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                       "the image: NAME:TAG or a digest");
  }

  struct Plan {
    oci::Image image;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    return {state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes())
                .load(request.reference)};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json history = Json::array();
    cli::Table table({{"CREATED"}, {"SIZE", Align::right}, {"LAYER"}, {"CREATED BY"}, {"COMMENT"}});
    for (const Step& step : steps(plan.image)) {
      const Bytes size = step.layer ? step.layer->size : 0;
      table.row({step.history.created, human_bytes(size), step.layer ? layer_label(*step.layer) : "",
                 step.history.created_by, step.history.comment});
      history.push(json(step, size));
      if (step.layer) report.quiet += step.layer->digest.str() + '\n';
    }
    report.json.set("digest", plan.image.descriptor.digest.str()).set("history", std::move(history));
    report.text = table.str(context.color);
    return report;
  }

  static Json json(const Step& step, Bytes size) {
    Json json = Json::object();
    json.set("created", step.history.created)
        .set("created_by", step.history.created_by)
        .set("comment", step.history.comment)
        .set("author", step.history.author)
        .set("size", size)
        .set("empty_layer", step.layer == nullptr);
    if (step.layer)
      json.set("layer", step.layer->annotation(oci::annotation::layer_name)).set("digest", step.layer->digest.str());
    return json;
  }
};

}  // namespace

cli::Verb history_verb() {
  return cli::verb<History>();
}

}  // namespace fn::img
