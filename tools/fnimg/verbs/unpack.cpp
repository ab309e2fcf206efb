// SPDX-License-Identifier: Apache-2.0
// An image's layers are applied, lowest first and by VerifiedLayer, to a staged directory
// (transfer/staged_directory.hpp), which becomes the target when the last one is proven.
//
// A layer's whiteouts are needed before its first entry: the index says them, or the layer is read twice.
//
// This thread reads the tars and makes the names; others write the contents (apply.cpp). No lock of the store is held:
// a blob that gc removes while it is read stays readable, and one that is gone before is an error.
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/image_files.hpp"
#include "image/image_part.hpp"
#include "image/limits.hpp"
#include "layer/apply.hpp"
#include "layer/verified_layer.hpp"
#include "state/store.hpp"
#include "transfer/staged_directory.hpp"
#include "verbs/verbs.hpp"

#include <functional>
#include <optional>
#include <unistd.h>
#include <vector>

namespace fn::img {
namespace {

struct Unpack {
  static constexpr std::string_view name = "unpack";
  static constexpr std::string_view summary = "write an image's files into a directory";
  static std::vector<cli::Example> examples() {
    return {
        {"fnimg unpack app:v1 rootfs", "all layers, as root with owners and devices"},
        {"fnimg unpack app:v1 out etc usr/bin/app", "a directory and a file: out/etc, out/usr/bin/app"},
        {"fnimg unpack app:v1 rootfs && bwrap --bind rootfs / /usr/bin/python3", "as an ordinary user, and run it"}};
  }

  struct Request {
    std::string reference;
    std::string directory;
    std::vector<std::string> paths;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image")
        .positional(request.directory, {.name = "DIR", .complete = cli::Complete::directory}, cli::Required::yes,
                    "the target: an empty directory, or one that does not exist")
        .positional(request.paths, {.name = "PATH"}, cli::Required::no,
                    "only this file, or everything below this directory");
    declare_limits(command, request.limits);
  }

  struct Plan {
    oci::Image image;
    std::string home;
    std::string directory;
    Limits limits;
    std::vector<std::optional<layer::Whiteouts>> whiteouts;  // of each layer, if the index knows them
    std::optional<ImagePart> part;                           // nothing: all of the image
    bool as_root = false;
  };
  static Plan plan(const Request& request, cli::Context& context) {
    state::Store store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const state::Index index = store.index();
    Plan plan{.image = store.load(request.reference),
              .home = context.home,
              .directory = StagedDirectory::check(request.directory),
              .limits = request.limits,
              .whiteouts = {},
              .part = {},
              .as_root = geteuid() == 0};
    if (!request.paths.empty())
      plan.part.emplace(FileReader(&store, context, request.limits).read(store.layout(), plan.image).tree,
                        request.paths);
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n)
      plan.whiteouts.push_back(plan.part ? layer::Whiteouts() : known_whiteouts(index, plan.image, n));
    return plan;
  }

  static std::size_t layers_of(const Plan& plan) {
    std::size_t layers = 0;
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n)
      if (!plan.part || plan.part->needs(n)) ++layers;
    return layers;
  }

  // Nothing to hide is below the lowest layer.
  static std::optional<layer::Whiteouts> known_whiteouts(const state::Index& index, const oci::Image& image,
                                                         std::size_t n) {
    if (n == 0) return layer::Whiteouts();
    const auto rows = index.files_of(image.manifest.layers[n], image.config.diff_ids[n]);
    if (!rows) return std::nullopt;
    return layer::whiteouts_in(*rows);
  }

  struct Result {
    std::string directory;
    layer::ApplyResult applied;
    std::chrono::milliseconds took{0};
  };
  static Result execute(const Plan& plan, cli::Context& context) {
    const auto started = context.clock.steady();
    const oci::Layout layout = oci::Layout::open(plan.home);
    StagedDirectory staged(plan.directory);
    layer::Applier applier(staged.root(), {.as_root = plan.as_root, .threads = context.jobs});
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n) {
      if (plan.part && !plan.part->needs(n)) continue;
      const oci::Descriptor& descriptor = plan.image.manifest.layers[n];
      context.progress.phase(fmt::format("layer '{}'", layer_label(descriptor)), 0);
      while_doing([&] { return fmt::format("while applying layer '{}'", layer_label(descriptor)); },
                  [&] {
                    const auto visit = [&](const std::function<void(layer::TarReader&)>& read) {
                      layer::VerifiedLayer layer(layout, descriptor, plan.image.config.diff_ids[n],
                                                 plan.limits.expansion);
                      layer::TarReader reader(layer.tar(), plan.limits.tar);
                      read(reader);
                      layer.finish();
                    };
                    std::optional<layer::Whiteouts> whiteouts = plan.whiteouts[n];
                    if (!whiteouts) visit([&](layer::TarReader& reader) { whiteouts = layer::read_whiteouts(reader); });
                    layer::Applier::Takes takes;
                    // What is part of the image's tree is hidden by nothing.
                    if (plan.part)
                      takes = [&, number = std::size_t{0}](layer::Entry& entry) mutable {
                        return plan.part->take(n, number++, entry);
                      };
                    visit([&](layer::TarReader& reader) { applier.apply(reader, *whiteouts, takes); });
                  });
    }
    Result result{.directory = plan.directory, .applied = applier.finish()};
    staged.commit(plan.as_root);
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady() - started);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true).set("directory", plan.directory).set("layers", std::uint64_t{layers_of(plan)});
    report.text =
        fmt::format("would unpack {} to {}\n", counted(layers_of(plan), "layer", "layers"), printable(plan.directory));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    const layer::ApplyResult& applied = result.applied;
    if (applied.skipped_devices != 0)
      context.note(fmt::format("{} skipped: only root can make them",
                               counted(applied.skipped_devices, "device node was", "device nodes were")));
    if (applied.unset_owners != 0)
      context.note(fmt::format("{} to you instead of their owner: only root can change owners",
                               counted(applied.unset_owners, "file belongs", "files belong")));
    if (applied.unset_xattrs != 0)
      context.note(fmt::format("{} could not be set",
                               counted(applied.unset_xattrs, "extended attribute", "extended attributes")));
    cli::Report report;
    report.json.set("directory", result.directory)
        .set("entries", applied.entries)
        .set("bytes", applied.bytes)
        .set("skipped_devices", applied.skipped_devices)
        .set("unset_owners", applied.unset_owners)
        .set("unset_xattrs", applied.unset_xattrs)
        .set("ms", std::int64_t{result.took.count()});
    report.quiet = result.directory + "\n";
    report.text =
        fmt::format("{}: {}, {} in {}\n", printable(result.directory), counted(applied.entries, "entry", "entries"),
                    human_bytes(applied.bytes), human_duration(result.took));
    return report;
  }
};

}  // namespace

cli::Verb unpack_verb() {
  return cli::verb<Unpack>();
}

}  // namespace fn::img
