// SPDX-License-Identifier: Apache-2.0
// A new image is made of documents alone: the layers are there, in the channel or by being built just now. plan() says
// for each image what it will be; execute() plans anew under the lock for blobs, and each image is then one transaction
// (Store::replace). With --all the images are independent: one that is refused stops no other.
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/table.hpp"
#include "recipe/recipe.hpp"
#include "sys/tempdir.hpp"
#include "update/blast_radius.hpp"
#include "update/update_plan.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

struct UpdateVerb {
  static constexpr std::string_view name = "update";
  static constexpr std::string_view summary = "give images the new versions of the channels that their layers follow";
  static std::vector<cli::Example> examples() {
    return {{"fnimg update app:v1 -n", "what would change, and who is affected"},
            {"fnimg update app:v1", "every layer that follows a channel"},
            {"fnimg update app:v1 -t app:v2 --layer runtime=debs/*.deb", "one layer, under a new name"},
            {"fnimg update --all", "every image that follows a channel"}};
  }

  struct Request {
    std::optional<std::string> reference;
    std::optional<std::string> target;
    std::vector<std::string> layers;
    std::optional<std::string> channel;
    std::optional<std::string> compression;
    bool all = false;
    bool allow_rollback = false;
    std::uint64_t keep = state::images_kept;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, "the image: NAME:TAG")
        .option("-t,--tag", request.target, {.name = "NEW"}, "name the new image NEW; REF stays as it is")
        .option("--layer", request.layers, {.name = "NAME=SOURCE", .complete = cli::Complete::source},
                "replace the layer NAME (or its number, or a range) by SOURCE")
        .option("--channel", request.channel, {.name = "NAME[@VERSION]", .complete = cli::Complete::channel},
                "only what follows this channel; to this version of it")
        .flag("--all", request.all, "every image that follows a channel (--channel: this one)")
        .flag("--allow-rollback", request.allow_rollback, "also to an older version than it had")
        .option("--compression", request.compression,
                {.name = "CODEC", .offers = {"gzip", "gzip:4", "zstd", "zstd:3", "none"}},
                "of a layer that is made (default: gzip)")
        .option("--keep", request.keep, {.name = "N"}, "how many of its earlier images stay (default: 5)");
  }

  // A layer that is to become what a source is.
  struct Replacement {
    std::string layer;
    VersionSource source;
  };
  struct Plan {
    UpdateWish wish;  // of the first reference; without the images that have to be made
    std::vector<std::string> references;
    std::vector<Replacement> replacements;
    bool all = false;
    std::size_t kept = state::images_kept;
  };
  // An image, and what became of it.
  struct One {
    std::string reference;
    std::optional<PlannedUpdate> update;
    std::optional<Error> refusal;        // instead
    std::vector<std::string> functions;  // that follow the name which moves
    std::optional<BlastRadius> radius;   // of a dry run
  };
  struct Result {
    std::vector<One> images;
    bool all = false;
  };

  static Plan plan(const Request& request, cli::Context& context);
  static Result execute(const Plan& plan, cli::Context& context);
  static cli::Report preview(const Plan& plan, const cli::Context& context);
  static cli::Report report(const Result& result, const cli::Context& context) {
    return report_as(result, context, "updated");
  }
  static cli::Report report_as(const Result& result, const cli::Context& context, std::string_view verb);
};

std::string new_name(const std::string& text) {
  const auto reference = oci::Reference::parse(text);
  if (!reference.digest().empty())
    fail_hint(Kind::usage, "a new name is NAME:TAG, such as 'app:v2'", "'{}' names a digest", printable(text));
  return reference.str();
}

void check_request(const UpdateVerb::Request& request) {
  if (request.all == request.reference.has_value())
    fail_hint(Kind::usage, "'fnimg outdated' lists them", "give an image, or --all");
  if (request.all && (request.target || !request.layers.empty()))
    fail(Kind::usage, "--all takes neither --tag nor --layer");
  if (request.channel && !request.layers.empty())
    fail_hint(Kind::usage, "--layer NAME=channel:NAME@VERSION takes a layer from a channel",
              "give --layer or --channel, not both");
}

UpdateVerb::Plan UpdateVerb::plan(const Request& request, cli::Context& context) {
  check_request(request);
  const auto store =
      state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
  Plan plan;
  plan.all = request.all;
  plan.kept = request.keep;
  plan.wish.channel = request.channel;
  plan.wish.allow_rollback = request.allow_rollback;
  plan.wish.skips_rolled_back = request.all;
  if (request.all) {
    const std::string channel = request.channel ? state::split_channel(*request.channel).first : "";
    if (!channel.empty()) store.channels().get(channel);
    plan.references = store.followers(channel);
    return plan;
  }
  const TaggedImage image = open_tagged(store, *request.reference);
  plan.references = {image.row.reference};
  plan.wish.target = request.target ? new_name(*request.target) : image.row.reference;
  for (const std::string& text : request.layers) {
    const auto [layer, source] = split_pair(text, "--layer");
    const LayerRun run = find_run(image.image, layer, image.row.reference);
    const SourceWish wish{.sources = {source},
                          .layer = image.image.manifest.layers[run.first].annotation(oci::annotation::layer_name),
                          .codec = layer::Codec::parse(request.compression.value_or("gzip")),
                          .platform = image.image.config.platform};
    plan.replacements.push_back({.layer = layer, .source = find_version_source(wish, &store, context)});
  }
  return plan;
}

// Makes what has to be made, into `store`, whose layout need not be the state's.
UpdateWish wish_of(const UpdateVerb::Plan& plan, const std::string& reference, state::Store& store,
                   const cli::Context& context) {
  UpdateWish wish = plan.wish;
  wish.reference = reference;
  if (plan.all) wish.target = reference;
  for (const auto& [layer, source] : plan.replacements)
    wish.layers.emplace(layer, make_version(source, store, context));
  return wish;
}

// With --all what is wrong with one image is said of it, and the others go on.
template <typename Each>
UpdateVerb::Result for_each_image(const UpdateVerb::Plan& plan, const Each& each) {
  UpdateVerb::Result result{.images = {}, .all = plan.all};
  for (const std::string& reference : plan.references) {
    UpdateVerb::One& one = result.images.emplace_back();
    one.reference = reference;
    try {
      each(one);
    } catch (const Error& error) {
      if (!plan.all || error.kind() == Kind::internal) throw;
      one.refusal = error;
    }
  }
  return result;
}

UpdateVerb::Result UpdateVerb::execute(const Plan& plan, cli::Context& context) {
  auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
  const sys::FileLock lock = store.lock_for_blobs();
  VersionImages versions(store);
  return for_each_image(plan, [&](One& one) {
    one.update = plan_update(wish_of(plan, one.reference, store, context), store, versions);
    if (!one.update->changes()) return;
    carry_out(*one.update, store, context.clock.now(), plan.kept);
    one.functions = functions_following(store, one.update->journal.reference);
  });
}

// A dry run leaves nothing behind: what has to be made is made in a state of its own, which sees the blobs of the other
// through links.
cli::Report UpdateVerb::preview(const Plan& plan, const cli::Context& context) {
  auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
  const bool makes = std::any_of(plan.replacements.begin(), plan.replacements.end(),
                                 [](const Replacement& one) { return one.source.is_built(); });
  std::optional<sys::TempDir> directory;
  std::optional<state::Store> made;
  if (makes) {
    directory.emplace(sys::temporary_directory(), "fnimg-");
    made.emplace(state::Store::open(directory->path(), state::Store::Access::write, context.lock_timeout));
    for (const oci::Digest& blob : store.layout().blobs()) made->layout().link_blob(blob, store.layout());
  }
  state::Store& reads = made ? *made : store;
  VersionImages versions(store);
  const Result result = for_each_image(plan, [&](One& one) {
    one.update = plan_update(wish_of(plan, one.reference, reads, context), store, versions);
    if (!one.update->changes()) return;
    one.functions = functions_following(store, one.update->journal.reference);
    one.radius = blast_radius(*one.update, reads, reads.layout(), context);
  });
  cli::Report report = report_as(result, context, "would be updated");
  report.json.set("dry_run", true);
  return report;
}

std::string_view why_text(Unchanged::Why why) {
  switch (why) {
    case Unchanged::Why::current:
      return "current";
    case Unchanged::Why::held:
      return "held";
    case Unchanged::Why::rolled_back:
      return "rolled_back";
  }
  fail(Kind::internal, "no such reason");
}

Json version_json(const std::string& version) {
  return version.empty() ? Json() : Json(version);
}

Json layers_json(const PlannedUpdate& update) {
  Json layers = Json::array();
  for (const state::UpdatedLayer& layer : update.journal.layers)
    layers.push(Json::object()
                    .set("layer", layer.layer)
                    .set("channel", version_json(layer.channel))
                    .set("from", version_json(layer.from_version))
                    .set("to", version_json(layer.to_version))
                    .set("state", "updated"));
  for (const Unchanged& layer : update.unchanged)
    layers.push(Json::object()
                    .set("layer", layer.layer)
                    .set("channel", version_json(layer.channel))
                    .set("from", version_json(layer.version))
                    .set("to", version_json(layer.version))
                    .set("state", why_text(layer.why)));
  return layers;
}

std::string layers_text(const PlannedUpdate& update) {
  std::string text;
  const auto called = [](const std::string& version) { return version.empty() ? "another layer" : version; };
  for (const state::UpdatedLayer& layer : update.journal.layers)
    text += fmt::format("  {}  {}{} -> {}\n", printable(layer.layer), layer.channel.empty() ? "" : layer.channel + " ",
                        called(layer.from_version), called(layer.to_version));
  for (const Unchanged& layer : update.unchanged) {
    const std::string channel = layer.channel.empty() ? "" : layer.channel + " ";
    const char* why = layer.why == Unchanged::Why::held          ? "stays: the channel is held"
                      : layer.why == Unchanged::Why::rolled_back ? "stays: the newest was rolled back from"
                                                                 : "is current";
    text += fmt::format("  {}  {}{} {}\n", printable(layer.layer), channel, called(layer.version), why);
  }
  return text;
}

std::string one_text(const UpdateVerb::One& one, std::string_view verb, bool shows_radius, bool color) {
  if (one.refusal) return fmt::format("{}: refused: {}\n", one.reference, one.refusal->what());
  const PlannedUpdate& update = *one.update;
  if (!update.changes()) return fmt::format("{} stays as it is\n{}", one.reference, layers_text(update));
  const bool is_renamed = update.journal.reference != one.reference;
  std::string text =
      fmt::format("{} {}{}  {} -> {}\n{}", one.reference, verb, is_renamed ? " as " + update.journal.reference : "",
                  update.journal.before.brief(), update.journal.after.brief(), layers_text(update));
  if (!one.functions.empty()) text += fmt::format("functions that get it: {}\n", fmt::join(one.functions, ", "));
  if (one.radius && shows_radius) text += radius_text(*one.radius, color);
  if (one.radius) text += fmt::format("'fnimg rollback {}' would lead back\n", update.journal.reference);
  return text;
}

Json one_json(const UpdateVerb::One& one) {
  Json json = Json::object();
  json.set("reference", one.reference);
  if (one.refusal)
    return json.set("state", "refused")
        .set("error", Json::object()
                          .set("kind", kind_name(one.refusal->kind()))
                          .set("message", one.refusal->what())
                          .set("hint", one.refusal->hint()));
  const PlannedUpdate& update = *one.update;
  json.set("state", update.changes() ? "updated" : "current")
      .set("target", update.journal.reference)
      .set("before", update.journal.before.str())
      .set("after", update.journal.after.str())
      .set("layers", layers_json(update))
      .set("functions", Json::strings(one.functions));
  if (one.radius) json.set("diff", radius_json(*one.radius));
  return json;
}

cli::Report UpdateVerb::report_as(const Result& result, const cli::Context& context, std::string_view verb) {
  cli::Report report;
  Json images = Json::array();
  bool is_partial = false;
  for (const One& one : result.images) {
    images.push(one_json(one));
    report.text += one_text(one, verb, !result.all, context.color);
    if (one.update) report.quiet += one.update->journal.after.str() + '\n';
    is_partial = is_partial || one.refusal;
  }
  if (result.images.empty()) report.text = "no image follows a channel\n";
  report.json.set("images", std::move(images));
  report.exit = is_partial ? 8 : 0;
  return report;
}

}  // namespace

cli::Verb update_verb() {
  return cli::verb<UpdateVerb>();
}

}  // namespace fn::img
