// SPDX-License-Identifier: Apache-2.0
// With --layer the second image is the one that `update` would make. Layers that don't exist yet are made in a state of
// its own, as for a dry run of update.
#include "base/error.hpp"
#include "base/text.hpp"
#include "compat/report.hpp"
#include "image/operand.hpp"
#include "recipe/recipe.hpp"
#include "sys/tempdir.hpp"
#include "update/update_plan.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::img {
namespace {

struct CompatVerb {
  static constexpr std::string_view name = "compat";
  static constexpr std::string_view summary = "check whether what worked in an image works in another one";
  static std::vector<cli::Example> examples() {
    return {{"fnimg compat app:v1 app:v2", "does anything in app:v2 miss what it had in app:v1?"},
            {"fnimg compat app:v1 --layer runtime=channel:python3", "would the layers above it still work?"}};
  }

  struct Request {
    std::string a;
    std::optional<std::string> b;
    std::vector<std::string> layers;
    bool markdown = false;
    std::optional<std::string> image;
    std::optional<std::string> platform;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.a, {.name = "A", .complete = cli::Complete::reference}, cli::Required::yes,
                    "an image that works (NAME:TAG, archive or OCI layout)")
        .positional(request.b, {.name = "B", .complete = cli::Complete::reference},
                    "the image that is to take its place")
        .option("--layer", request.layers, {.name = "NAME=SOURCE", .complete = cli::Complete::source},
                "instead of B: A with SOURCE as its layer NAME (or its number, or a range)")
        .flag("--markdown", request.markdown, "print tables for a comment on a pull request")
        .option("--image", request.image, {.name = "NAME"}, "which image, if a file contains several")
        .option("--platform", request.platform, {.name = "OS/ARCH"},
                "which platform, if there are several (default: this host's)");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::string a, b;
    oci::Digest a_digest, b_digest;
    Compat compat;
    bool markdown = false;
  };

  static Plan plan(const Request& request, cli::Context& context);
  static cli::Report report(const Plan& plan, const cli::Context& context);
};

// An image, and where its blobs are.
struct OpenedImage {
  std::string name;
  oci::Image image;
  std::shared_ptr<const oci::Layout> layout;
  std::shared_ptr<const sys::TempDir> temporary;
};

OpenedImage open_image(const std::string& text, const state::Store* store, const CompatVerb::Request& request) {
  const ImageChoice choice{
      .name = request.image,
      .platform = request.platform ? oci::Platform::parse(*request.platform) : oci::Platform::host()};
  Operand operand = open_operand(text, store, choice, request.limits);
  if (!operand.image)
    fail_hint(Kind::usage, "'fnimg build' makes an image of it", "'{}' is a directory", printable(text));
  return {.name = text,
          .image = std::move(*operand.image),
          .layout = std::move(operand.layout),
          .temporary = std::move(operand.temporary)};
}

// What `update` would make of the image.
OpenedImage updated_image(const CompatVerb::Request& request, const state::Store& store, const cli::Context& context) {
  const TaggedImage tagged = open_tagged(store, request.a);
  UpdateWish wish;
  wish.reference = wish.target = tagged.row.reference;
  wish.allow_rollback = true;
  OpenedImage updated;
  std::optional<state::Store> made;
  for (const std::string& text : request.layers) {
    const auto [layer, source] = split_pair(text, "--layer");
    const LayerRun run = find_run(tagged.image, layer, tagged.row.reference);
    const SourceWish source_wish{
        .sources = {source},
        .layer = tagged.image.manifest.layers[run.first].annotation(oci::annotation::layer_name),
        .codec = layer::Codec::parse("none"),
        .platform = tagged.image.config.platform};
    const VersionSource found = find_version_source(source_wish, &store, context);
    if (found.is_built() && !made) {
      updated.temporary = std::make_shared<const sys::TempDir>(sys::temporary_directory(), "fnimg-");
      made.emplace(state::Store::open(updated.temporary->path(), state::Store::Access::write, context.lock_timeout));
      for (const oci::Digest& blob : store.layout().blobs()) made->layout().link_blob(blob, store.layout());
    }
    wish.layers.emplace(layer, found.is_built() ? make_version(found, *made, context) : found.image);
    updated.name += (updated.name.empty() ? "" : ", ") + source;
  }
  VersionImages versions(store);
  PlannedUpdate update = plan_update(wish, store, versions);
  updated.image = std::move(update.after);
  updated.layout =
      std::make_shared<const oci::Layout>(oci::Layout::open(made ? made->layout().path() : store.layout().path()));
  return updated;
}

std::unique_ptr<CheckedImage> read_image(const OpenedImage& opened, state::Store* store, const cli::Context& context,
                                         const Limits& limits) {
  ImageFiles files = FileReader(store, context, limits).read(*opened.layout, opened.image, FileReader::Detail::layers);
  ImageFacts facts = read_image_facts(store, *opened.layout, opened.image, files, context, limits);
  return std::make_unique<CheckedImage>(opened.name, opened.image, std::move(files), std::move(facts));
}

CompatVerb::Plan CompatVerb::plan(const Request& request, cli::Context& context) {
  if (request.b.has_value() == !request.layers.empty())
    fail(Kind::usage, "give a second image, or the layers to replace with --layer");
  if (request.a == "-" && request.b == "-") fail(Kind::usage, "only one of the two can be stdin");
  auto store =
      request.layers.empty()
          ? state::Store::open_if_exists(context.home, context.lock_timeout, context.notes())
          : state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
  state::Store* opened = store ? &*store : nullptr;
  const OpenedImage a = open_image(request.a, opened, request);
  const OpenedImage b = request.b ? open_image(*request.b, opened, request) : updated_image(request, *store, context);
  const auto before = read_image(a, opened, context, request.limits);
  const auto after = read_image(b, opened, context, request.limits);
  return {.a = a.name,
          .b = b.name,
          .a_digest = a.image.descriptor.digest,
          .b_digest = b.image.descriptor.digest,
          .compat = check_compat(*before, *after),
          .markdown = request.markdown};
}

cli::Report CompatVerb::report(const Plan& plan, const cli::Context& context) {
  const auto side = [](const std::string& name, const oci::Digest& digest) {
    return Json::object().set("name", printable(name)).set("digest", digest.str());
  };
  cli::Report report;
  report.exit = plan.compat.fits() ? 0 : 1;
  report.json.set("a", side(plan.a, plan.a_digest)).set("b", side(plan.b, plan.b_digest));
  add_compat_json(report.json, plan.compat);
  for (const Finding& finding : plan.compat.findings)
    if (finding.severity != Severity::notice) report.quiet += printable(finding.path) + '\n';
  report.text = plan.markdown ? compat_markdown(plan.compat, plan.a, plan.b)
                              : compat_text(plan.compat, plan.a, plan.b, context.verbose, context.color);
  return report;
}

}  // namespace

cli::Verb compat_verb() {
  return cli::verb<CompatVerb>();
}

}  // namespace fn::img
