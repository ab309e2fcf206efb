// SPDX-License-Identifier: Apache-2.0
// The image that a reference named before an update is still there (state/updates.hpp): going back reads its two
// documents and writes rows.
#include "base/error.hpp"
#include "base/text.hpp"
#include "state/store.hpp"
#include "update/update_plan.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

struct Rollback {
  static constexpr std::string_view name = "rollback";
  static constexpr std::string_view summary = "let a reference name the image again that it named before an update";
  static std::vector<cli::Example> examples() {
    return {{"fnimg rollback app:v1", "take the last update back"},
            {"fnimg rollback app:v1 --to 12", "as it was before update 12, see 'fnimg history --updates'"}};
  }

  struct Request {
    std::string reference;
    std::optional<std::uint64_t> to;
    std::uint64_t keep = state::images_kept;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG")
        .option("--to", request.to, {.name = "ID"}, "the update to take back, with all that came after it")
        .option("--keep", request.keep, {.name = "N"}, "how many of its earlier images stay (default: 5)");
  }

  struct Plan {
    state::Update change;  // as the journal will have it
    oci::Image image;
    std::size_t kept = state::images_kept;
    std::vector<std::string> functions;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const TaggedImage now = open_tagged(store, request.reference);
    const state::Update undone = update_to_undo(store, now.row, request.to);
    Plan plan;
    plan.change.reference = now.row.reference;
    plan.change.kind = state::Update::Kind::rollback;
    plan.change.before = now.row.descriptor.digest;
    plan.change.after = undone.before;
    plan.change.layers = layers_back(store, now.row.reference, undone);
    plan.kept = request.keep;
    plan.functions = functions_following(store, now.row.reference);
    plan.image = store.load(reference_to(store, plan.change));
    return plan;
  }

  // The last update that led to what the reference names, or the one that was asked for.
  static state::Update update_to_undo(const state::Store& store, const state::ImageRow& now,
                                      const std::optional<std::uint64_t>& id) {
    if (!id) {
      if (auto last = store.updates().last_to(now.reference, now.descriptor.digest)) return std::move(*last);
      fail_hint(Kind::not_found, fmt::format("'fnimg history --updates {}' shows the journal", now.reference),
                "no update led to what '{}' names", now.reference);
    }
    for (const state::Update& update : store.updates().of(now.reference))
      if (std::uint64_t(update.id) == *id) return update;
    fail_hint(Kind::not_found, fmt::format("'fnimg history --updates {}' shows the journal", now.reference),
              "'{}' has no update {}", now.reference, *id);
  }

  // What the layers were before `undone`, and are now: of each layer the first `from` and the last `to` since then.
  static std::vector<state::UpdatedLayer> layers_back(const state::Store& store, const std::string& reference,
                                                      const state::Update& undone) {
    std::vector<state::UpdatedLayer> layers;
    for (const state::Update& update : store.updates().of(reference)) {
      if (update.id < undone.id) continue;
      for (const state::UpdatedLayer& changed : update.layers) {
        auto back = std::find_if(layers.begin(), layers.end(),
                                 [&](const state::UpdatedLayer& one) { return one.layer == changed.layer; });
        if (back == layers.end()) {
          back = layers.insert(back, changed);
          back->to_number = changed.from_number;
          back->to_version = changed.from_version;
        }
        back->from_number = changed.to_number;
        back->from_version = changed.to_version;
      }
    }
    return layers;
  }

  static std::string reference_to(const state::Store& store, const state::Update& change) {
    for (const state::ImageRow& row : store.kept_images())
      if (row.descriptor.digest == change.after) return row.reference;
    fail_hint(Kind::not_found,
              fmt::format("the last {} images of a reference stay: --keep of 'fnimg update'", state::images_kept),
              "the image '{}' that '{}' named before is gone", change.after.brief(), change.reference);
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    const sys::FileLock lock = store.lock_for_blobs();
    state::Update change = plan.change;
    change.changed_at = context.clock.now();
    store.replace(change.reference, change.before, plan.image, change.changed_at, &change, plan.kept);
    return plan;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would go back");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "went back"); }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    const state::Update& change = plan.change;
    Json layers = Json::array();
    report.text = fmt::format("{} {}  {} -> {}\n", change.reference, verb, change.before.brief(), change.after.brief());
    for (const state::UpdatedLayer& layer : change.layers) {
      const auto version = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
      layers.push(Json::object()
                      .set("layer", layer.layer)
                      .set("channel", version(layer.channel))
                      .set("from", version(layer.from_version))
                      .set("to", version(layer.to_version)));
      const auto called = [](const std::string& text) { return text.empty() ? "another layer" : text; };
      report.text +=
          fmt::format("  {}  {}{} -> {}\n", printable(layer.layer), layer.channel.empty() ? "" : layer.channel + " ",
                      called(layer.from_version), called(layer.to_version));
    }
    if (!plan.functions.empty())
      report.text += fmt::format("functions that get it: {}\n", fmt::join(plan.functions, ", "));
    report.json.set("reference", change.reference)
        .set("before", change.before.str())
        .set("after", change.after.str())
        .set("layers", std::move(layers))
        .set("functions", Json::strings(plan.functions));
    report.quiet = change.after.str() + '\n';
    return report;
  }
};

}  // namespace

cli::Verb rollback_verb() {
  return cli::verb<Rollback>();
}

}  // namespace fn::img
