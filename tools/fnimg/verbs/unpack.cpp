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
        {"fnimg unpack app:v1 rootfs && bwrap --bind rootfs / /usr/bin/python3", "as an ordinary user, and run it"}};
  }

  struct Request {
    std::string reference;
    std::string directory;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image")
        .positional(request.directory, {.name = "DIR", .complete = cli::Complete::directory}, cli::Required::yes,
                    "the target: an empty directory, or one that does not exist");
    declare_limits(command, request.limits);
  }

  struct Plan {
    oci::Image image;
    std::string home;
    std::string directory;
    Limits limits;
    std::vector<std::optional<layer::Whiteouts>> whiteouts;  // of each layer, if the index knows them
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
              .as_root = geteuid() == 0};
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n)
      plan.whiteouts.push_back(known_whiteouts(index, plan.image, n));
    return plan;
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
                    visit([&](layer::TarReader& reader) { applier.apply(reader, *whiteouts); });
                  });
    }
    Result result{.directory = plan.directory, .applied = applier.finish()};
    staged.commit(plan.as_root);
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady() - started);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true)
        .set("directory", plan.directory)
        .set("layers", std::uint64_t{plan.image.manifest.layers.size()});
    report.text =
        fmt::format("would unpack {} layers to {}\n", plan.image.manifest.layers.size(), printable(plan.directory));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    const layer::ApplyResult& applied = result.applied;
    if (applied.skipped_devices != 0)
      context.note(fmt::format("{} device nodes were skipped: only root can make them", applied.skipped_devices));
    if (applied.unset_owners != 0)
      context.note(fmt::format("{} files belong to you instead of their owner: only root can change owners",
                               applied.unset_owners));
    if (applied.unset_xattrs != 0)
      context.note(fmt::format("{} extended attributes could not be set", applied.unset_xattrs));
    cli::Report report;
    report.json.set("directory", result.directory)
        .set("entries", applied.entries)
        .set("bytes", applied.bytes)
        .set("skipped_devices", applied.skipped_devices)
        .set("unset_owners", applied.unset_owners)
        .set("unset_xattrs", applied.unset_xattrs)
        .set("ms", std::int64_t{result.took.count()});
    report.quiet = result.directory + "\n";
    report.text = fmt::format("{}: {} entries, {} in {}\n", printable(result.directory), applied.entries,
                              human_bytes(applied.bytes), human_duration(result.took));
    return report;
  }
};

}  // namespace

cli::Verb unpack_verb() {
  return cli::verb<Unpack>();
}

}  // namespace fn::img
