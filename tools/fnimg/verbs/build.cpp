// SPDX-License-Identifier: Apache-2.0
// From flags and a recipe file to a BuildPlan, and from the plan to a named image. plan() finds the sources and reads
// the documents of other images, but no file of a layer.
//
// execute() holds the lock for blobs from before the first one is written until the image has its names, so that no gc
// takes it for garbage. The files are read by build_image() (recipe/builder.cpp); publish() comes after it, once for
// each name.
#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "recipe/accounts.hpp"
#include "recipe/builder.hpp"
#include "recipe/config_check.hpp"
#include "recipe/recipe.hpp"
#include "recipe/recipe_flags.hpp"
#include "state/store.hpp"
#include "sys/output_file.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace fn::img {
namespace {

using List = std::vector<std::string>;

const std::string default_recipe = "fnimg.toml";

struct Build {
  static constexpr std::string_view name = "build";
  static constexpr std::string_view summary = "build an image from directories, archives and other images";
  static std::vector<cli::Example> examples() {
    return {{"fnimg build -t app:v1 --layer code=./src --entrypoint /srv/run", "one layer from a directory"},
            {"fnimg build -t app:v1 --layer 'runtime=debs/*.deb' --layer code=./src --follow runtime=python3",
             "a runtime layer from packages, following a channel, with the code above it"},
            {"tar -c . | fnimg build -t app:v1 --from base:12 --layer code=-", "a tar on stdin over a base image"},
            {"fnimg build -f fnimg.toml -t app:v2", "build what the file says; flags override it"}};
  }

  struct Request {
    List tags;
    std::optional<std::string> file;
    RecipeFlags recipe;
    std::optional<std::string> digest_file;
    std::uint64_t jobs = 0;
  };

  static void declare(cli::Command& command, Request& request);

  using Plan = BuildPlan;
  static Plan plan(const Request& request, cli::Context& context);

  struct Result {
    std::vector<std::string> references;
    BuildResult built;
    std::chrono::milliseconds took{0};
  };
  static Result execute(const Plan& plan, cli::Context& context);

  static cli::Report preview(const Plan& plan, const cli::Context& context);
  static cli::Report report(const Result& result, const cli::Context& context);
};

void Build::declare(cli::Command& command, Request& request) {
  command
      .option("-t,--tag", request.tags, {.name = "REF", .complete = cli::Complete::reference},
              "name the image NAME:TAG")
      .option("-f,--file", request.file, {.name = "FILE", .complete = cli::Complete::file},
              "read the recipe from FILE (- is stdin; default: fnimg.toml, if it is here); flags override it");
  request.recipe.declare(command);
  command
      .option("--digest-file", request.digest_file, {.name = "FILE", .complete = cli::Complete::file},
              "write the manifest's digest to FILE; - is stdout")
      .option("--jobs", request.jobs, {.name = "N"}, "threads (default: one per core)")
      .refuse_others("a source is given with the name of its layer: --layer NAME={}");
}

// The file named by -f; without one, fnimg.toml of the working directory if no flag says what the image is made of.
Recipe recipe_of(const Build::Request& request, const cli::Context& context) {
  Recipe recipe;
  if (request.file) {
    recipe = Recipe::read(*request.file);
  } else if (request.recipe.names_no_files() && access(default_recipe.c_str(), F_OK) == 0) {
    context.note(fmt::format("building what {} says", default_recipe));
    recipe = Recipe::read(default_recipe);
  }
  request.recipe.apply_to(recipe);
  return recipe;
}

std::vector<std::string> references_of(const List& tags, const Recipe& recipe) {
  List wanted = tags;
  if (wanted.empty() && !recipe.tag.empty()) wanted.push_back(recipe.tag);
  if (wanted.empty()) fail_hint(Kind::usage, "give -t NAME:TAG, or 'tag' in the file", "the image has no name");
  List references;
  for (const std::string& text : wanted) {
    const oci::Reference reference = oci::Reference::parse(text);
    if (!reference.digest().empty())
      fail_hint(Kind::usage, "give NAME:TAG", "'{}' contains a digest, which is known only after the build",
                printable(text));
    references.push_back(reference.str());
  }
  return references;
}

// Layer names are what follows and updates go by: each is there once, the base's included.
void check_names(const BuildPlan& plan) {
  List names;
  if (plan.base)
    for (const oci::Descriptor& layer : plan.base->manifest.layers)
      names.push_back(layer.annotation(oci::annotation::layer_name));
  for (const PlannedLayer& layer : plan.layers) {
    if (std::find(names.begin(), names.end(), layer.recipe.name) != names.end())
      fail_hint(Kind::usage, "give the layer another name", "the base already has a layer '{}'",
                printable(layer.recipe.name));
    names.push_back(layer.recipe.name);
  }
  const bool is_taken = std::any_of(plan.layers.begin(), plan.layers.end(),
                                    [](const PlannedLayer& layer) { return layer.recipe.name == accounts_layer; });
  if (plan.accounts && is_taken)
    fail_hint(Kind::usage, "give it another name", "layer '{}' is the one that --accounts adds", accounts_layer);
  for (const auto& [name, channel] : plan.follows)
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail_hint(Kind::usage, did_you_mean(name, names), "no layer '{}' to follow '{}'", printable(name),
                printable(channel));
}

// Stdin is read once: for one layer, or for the recipe.
void check_stdin(const BuildPlan& plan, const std::optional<std::string>& recipe) {
  std::size_t readers = recipe == "-" ? 1 : 0;
  for (const PlannedLayer& layer : plan.layers)
    for (const Source& source : layer.sources) readers += source.path == "-" ? 1 : 0;
  if (readers > 1) fail_hint(Kind::usage, "give one of them as a file", "'-' is given more than once");
}

void check_deltas(const BuildPlan& plan, const PlannedLayer& planned) {
  for (const Source& source : planned.sources) {
    if (source.type != Source::Type::delta) continue;
    if (!plan.base)
      fail_hint(Kind::usage, "give --from REF, the image that the directory was unpacked from",
                "layer '{}': 'delta:{}' is the difference to a base, and there is none", printable(planned.recipe.name),
                printable(source.path));
    if (!planned.recipe.selection.into.empty())
      fail_hint(Kind::usage, "give the directory that the whole image was unpacked into, without 'into'",
                "layer '{}': 'delta:{}' cannot be moved into '{}'", printable(planned.recipe.name),
                printable(source.path), printable(planned.recipe.selection.into));
  }
}

void plan_layers(BuildPlan& plan, const Recipe& recipe, const state::Store* store) {
  for (const LayerRecipe& layer : recipe.layers) {
    if (layer.sources.empty() && layer.remove.empty())
      fail_hint(Kind::usage, "give it a source with --layer NAME=SOURCE", "layer '{}' is empty", printable(layer.name));
    if (std::find(layer.remove.begin(), layer.remove.end(), "") != layer.remove.end())
      fail(Kind::usage, "layer '{}' cannot delete the root", printable(layer.name));
    PlannedLayer planned{.recipe = layer, .sources = {}};
    for (const std::string& text : layer.sources)
      for (Source& source : find_sources(text, store)) planned.sources.push_back(std::move(source));
    check_deltas(plan, planned);
    if (!layer.follow.empty()) plan.follows.emplace_back(layer.name, layer.follow);
    plan.layers.push_back(std::move(planned));
  }
  if (plan.layers.empty() && !plan.base)
    fail_hint(Kind::usage, "give --layer NAME=SOURCE, --from REF or -f FILE, or write a fnimg.toml",
              "the image has no layers");
}

// An image says what its platform is; that nothing in it runs there is seen only when it is started.
void note_platforms(const BuildPlan& plan, const cli::Context& context) {
  const auto compare = [&](const oci::Image& other, std::string_view what, std::string_view name) {
    const oci::Platform& platform = other.config.platform;
    const bool variants = platform.variant.empty() || plan.platform.variant.empty();
    if (platform.os == plan.platform.os && platform.architecture == plan.platform.architecture &&
        (variants || platform.variant == plan.platform.variant))
      return;
    context.note(fmt::format("the image says it is for {}, but {} '{}' is for {}", plan.platform.str(), what,
                             printable(name), printable(platform.str())));
  };
  if (plan.base) compare(*plan.base, "its base", plan.base_name);
  for (const PlannedLayer& layer : plan.layers)
    for (const Source& source : layer.sources)
      if (source.image) compare(*source.image, "a source of its layer", layer.recipe.name);
}

BuildPlan Build::plan(const Request& request, cli::Context& context) {
  const Recipe recipe = recipe_of(request, context);
  const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
  BuildPlan plan;
  plan.references = references_of(request.tags, recipe);
  plan.digest_file = request.digest_file;
  plan.codec = recipe.codec.value_or(layer::Codec::parse("gzip"));
  plan.config = recipe.config;
  plan.annotations = recipe.annotations;
  plan.accounts = recipe.accounts;
  plan.base_name = recipe.from;
  if (!recipe.from.empty()) {
    if (!store) fail_hint(Kind::not_found, "see 'fnimg ls'", "image '{}' not found", printable(recipe.from));
    plan.base = store->load(recipe.from);
  }
  plan.platform = recipe.platform.value_or(plan.base ? plan.base->config.platform : oci::Platform::host());
  check_config(plan.config, plan.platform);
  plan_layers(plan, recipe, store ? &*store : nullptr);
  check_stdin(plan, request.file);
  note_platforms(plan, context);
  for (const std::string& text : request.recipe.follows) plan.follows.push_back(split_pair(text, "--follow"));
  check_names(plan);
  if (plan.digest_file) sys::OutputFile::check(*plan.digest_file);
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  plan.epoch = source_date_epoch(epoch);
  plan.epoch_given = epoch != nullptr;
  plan.jobs = request.jobs != 0 ? unsigned(std::min<std::uint64_t>(request.jobs, 1024)) : context.jobs;
  return plan;
}

Build::Result Build::execute(const Plan& plan, cli::Context& context) {
  const auto started = context.clock.steady();
  state::Store store =
      state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
  std::optional<sys::OutputFile> digest_file;
  if (plan.digest_file) digest_file.emplace(*plan.digest_file);
  const sys::FileLock lock = store.lock_for_blobs();
  Result result{.references = plan.references, .built = build_image(plan, store, context)};
  // A build that can't say what it made names nothing.
  if (digest_file) {
    digest_file->write(result.built.image.descriptor.digest.str() + "\n");
    digest_file->commit();
  }
  for (const std::string& reference : plan.references)
    store.publish(reference, result.built.image, context.clock.now());
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady() - started);
  return result;
}

std::string source_text(const Source& source) {
  switch (source.type) {
    case Source::Type::directory:
      return "directory " + source.path;
    case Source::Type::delta:
      return "difference to directory " + source.path;
    case Source::Type::archive:
      return source.path == "-" ? "stdin" : "archive " + source.path;
    case Source::Type::file:
      return "file " + source.path;
    case Source::Type::image:
      break;
  }
  return "image " + source.image->descriptor.digest.brief();
}

cli::Report Build::preview(const Plan& plan, const cli::Context& context) {
  cli::Report report;
  cli::Table table({{"LAYER"}, {"FROM"}, {"HOW"}});
  Json layers = Json::array();
  const auto add = [&](const std::string& layer, const std::string& from, bool reused) {
    table.row({layer, from, reused ? "reuse" : "build " + plan.codec.str()});
    layers.push(Json::object().set("name", layer).set("from", from).set("reused", reused));
  };
  if (plan.base)
    for (const oci::Descriptor& layer : plan.base->manifest.layers)
      add(layer_label(layer), "base " + plan.base_name, true);
  for (const PlannedLayer& layer : plan.layers) {
    std::string from;
    for (const Source& source : layer.sources) from += (from.empty() ? "" : ", ") + source_text(source);
    add(layer.recipe.name, from, layer.is_reused());
  }
  if (plan.accounts) add(std::string(accounts_layer), "what the image lacks", false);
  report.json.set("dry_run", true)
      .set("references", Json::strings(plan.references))
      .set("platform", plan.platform.str())
      .set("compression", plan.codec.str())
      .set("layers", layers);
  report.text = fmt::format("would build {} for {}\n{}", fmt::join(plan.references, ", "), plan.platform.str(),
                            table.str(context.color));
  return report;
}

cli::Report Build::report(const Result& result, const cli::Context& context) {
  const oci::Image& image = result.built.image;
  cli::Report report;
  cli::Table table(
      {{"LAYER"}, {"FILES", cli::Table::Align::right}, {"SIZE", cli::Table::Align::right}, {"DIGEST"}, {""}});
  Json layers = Json::array();
  Bytes total = 0;
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
    const oci::Descriptor& layer = image.manifest.layers[n];
    const BuiltLayer& built = result.built.layers[n];
    total += layer.size;
    table.row({layer_label(layer), built.files == 0 ? "" : fmt::to_string(built.files), human_bytes(layer.size),
               layer.digest.brief(), built.reused ? "reused" : ""});
    Json json = layer_json(image, n);
    layers.push(json.set("files", built.files).set("reused", built.reused));
  }
  report.json.set("digest", image.descriptor.digest.str())
      .set("image", image.manifest.config.digest.str())
      .set("references", Json::strings(result.references))
      .set("size", total)
      .set("layers", layers)
      .set("ms", std::int64_t{result.took.count()});
  report.quiet = image.descriptor.digest.str() + "\n";
  report.text = fmt::format("{}{}  {}  {} in {}\n", table.str(context.color), fmt::join(result.references, ", "),
                            image.descriptor.digest.str(), human_bytes(total), human_duration(result.took));
  return report;
}

}  // namespace

cli::Verb build_verb() {
  return cli::verb<Build>();
}

}  // namespace fn::img
