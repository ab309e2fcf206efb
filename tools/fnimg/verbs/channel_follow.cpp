// SPDX-License-Identifier: Apache-2.0
// What a layer follows is said in the manifest, so that it goes where the image goes: the image that follows is a new
// one, of which only the manifest is new.
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "recipe/recipe.hpp"
#include "update/following.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

struct ChannelFollow {
  static constexpr std::string_view name = "channel follow";
  static constexpr std::string_view summary = "let layers of an image follow a channel";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel follow app:v1 runtime=python3", "the layer 'runtime'"},
            {"fnimg channel follow web:v1 0-3=debian", "the four lowest layers, of an image made elsewhere"},
            {"fnimg channel follow app:v1 runtime=", "no channel any more"}};
  }

  struct Request {
    std::string reference;
    std::vector<std::string> wishes;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG")
        .positional(request.wishes, {.name = "LAYER=NAME"}, cli::Required::yes,
                    "a layer (its name, its number, or a range such as 0-3) and the channel; no NAME: none any more");
  }

  struct Wish {
    std::string layer;
    std::string channel;
    std::string previous;
  };
  struct Plan {
    TaggedImage subject;
    std::vector<Wish> wishes;
    oci::Image image;  // as it will be
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.subject = open_tagged(store, request.reference), .wishes = {}, .image = {}};
    plan.image = plan.subject.image;
    for (const std::string& text : request.wishes) {
      const auto [layer, channel] = split_pair(text, "LAYER=NAME");
      if (!channel.empty()) store.channels().get(channel);
      const LayerRun run = find_run(plan.image, layer, plan.subject.row.reference);
      Wish wish{.layer = run_label(state::layer_rows(plan.image), run), .channel = channel, .previous = {}};
      for (std::size_t n = run.first; n < run.end(); ++n) {
        oci::Annotations& annotations = plan.image.manifest.layers[n].annotations;
        const std::string key(oci::annotation::layer_follow);
        if (n == run.first) wish.previous = plan.image.manifest.layers[n].annotation(key);
        annotations.erase(key);
        if (!channel.empty()) annotations.emplace(key, channel);
      }
      plan.wishes.push_back(std::move(wish));
    }
    for (oci::Descriptor& layer : plan.image.manifest.layers) layer.media_type = oci::oci_layer_type(layer.media_type);
    oci::make_documents(plan.image);
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    const sys::FileLock lock = store.lock_for_blobs();
    store.layout().put_documents(plan.image);
    store.replace(plan.subject.row.reference, plan.subject.row.descriptor.digest, plan.image, context.clock.now());
    return plan;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would follow");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "follows"); }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    Json layers = Json::array();
    for (const auto& [layer, channel, previous] : plan.wishes) {
      layers.push(Json::object()
                      .set("layer", layer)
                      .set("channel", channel.empty() ? Json() : Json(channel))
                      .set("previous", previous.empty() ? Json() : Json(previous)));
      report.text += fmt::format("layer '{}' of {} {} {}\n", printable(layer), plan.subject.row.reference, verb,
                                 channel.empty() ? "no channel" : channel);
    }
    report.json.set("reference", plan.subject.row.reference)
        .set("previous", plan.subject.row.descriptor.digest.str())
        .set("digest", plan.image.descriptor.digest.str())
        .set("layers", std::move(layers));
    report.quiet = plan.image.descriptor.digest.str() + '\n';
    return report;
  }
};

}  // namespace

cli::Verb channel_follow_verb() {
  return cli::verb<ChannelFollow>();
}

}  // namespace fn::img
