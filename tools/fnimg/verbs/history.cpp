// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <set>

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

// What happened to a reference.
struct Journal {
  std::string reference;
  std::vector<state::Update> updates;
  std::set<oci::Digest> kept;  // images that can be gone back to
};

struct History {
  static constexpr std::string_view name = "history";
  static constexpr std::string_view summary = "show how an image was built, newest step last";
  static std::vector<cli::Example> examples() {
    return {{"fnimg history app:v1", "the steps, with the layer that each one added"},
            {"fnimg history app:v1 --updates", "what it named before, and which image can be gone back to"}};
  }

  struct Request {
    std::string reference;
    bool updates = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .flag("--updates", request.updates, "show the updates and rollbacks of this reference, newest last");
  }

  struct Plan {
    oci::Image image;
    std::optional<Journal> journal;  // instead
  };

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    if (!request.updates) return {.image = store.load(request.reference), .journal = {}};
    const state::ImageRow image = store.resolve(request.reference);
    Journal journal{.reference = image.reference, .updates = store.updates().of(image.reference), .kept = {}};
    for (const state::ImageRow& row : store.kept_images()) journal.kept.insert(row.descriptor.digest);
    return {.image = {}, .journal = std::move(journal)};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    return plan.journal ? report_updates(*plan.journal, context) : report_steps(plan.image, context);
  }

  static cli::Report report_steps(const oci::Image& image, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json history = Json::array();
    cli::Table table({{"CREATED"}, {"SIZE", Align::right}, {"LAYER"}, {"CREATED BY"}, {"COMMENT"}});
    for (const Step& step : steps(image)) {
      const Bytes size = step.layer ? step.layer->size : 0;
      table.row({step.history.created, human_bytes(size), step.layer ? layer_label(*step.layer) : "",
                 step.history.created_by, step.history.comment});
      history.push(json(step, size));
      if (step.layer) report.quiet += step.layer->digest.str() + '\n';
    }
    report.json.set("digest", image.descriptor.digest.str()).set("history", std::move(history));
    report.text = table.str(context.color);
    return report;
  }

  static cli::Report report_updates(const Journal& journal, const cli::Context& context) {
    cli::Report report;
    Json updates = Json::array();
    cli::Table table({{"ID", cli::Table::Align::right}, {"AT"}, {"KIND"}, {"BEFORE"}, {"AFTER"}, {"LAYERS"}});
    for (const state::Update& update : journal.updates) {
      const bool is_kept = journal.kept.contains(update.before);
      table.row({std::to_string(update.id), rfc3339(update.changed_at), std::string(update_kind_name(update.kind)),
                 update.before.brief() + (is_kept ? "" : " (gone)"), update.after.brief(), layers_text(update)});
      updates.push(Json::object()
                       .set("id", update.id)
                       .set("at", rfc3339(update.changed_at))
                       .set("kind", update_kind_name(update.kind))
                       .set("before", update.before.str())
                       .set("after", update.after.str())
                       .set("before_kept", is_kept)
                       .set("layers", layers_json(update)));
      report.quiet += std::to_string(update.id) + '\n';
    }
    report.json.set("reference", journal.reference).set("updates", std::move(updates));
    report.text =
        journal.updates.empty() ? fmt::format("no updates of {}\n", journal.reference) : table.str(context.color);
    return report;
  }

  static std::string layers_text(const state::Update& update) {
    std::string text;
    const auto called = [](const std::string& version) { return version.empty() ? "another" : version; };
    for (const state::UpdatedLayer& layer : update.layers)
      text += fmt::format("{}{}: {}{} -> {}", text.empty() ? "" : ", ", printable(layer.layer),
                          layer.channel.empty() ? "" : layer.channel + " ", called(layer.from_version),
                          called(layer.to_version));
    return text;
  }

  static Json layers_json(const state::Update& update) {
    Json layers = Json::array();
    const auto version = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    for (const state::UpdatedLayer& layer : update.layers)
      layers.push(Json::object()
                      .set("layer", layer.layer)
                      .set("channel", version(layer.channel))
                      .set("from", version(layer.from_version))
                      .set("to", version(layer.to_version)));
    return layers;
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
