// SPDX-License-Identifier: Apache-2.0
// Blobs are copied first (transfer/image_reader.cpp), under the lock for blobs, which is held until the image has its
// names. Then each layer is decoded and proven by digest and diffID, and what it holds goes into the index unless it is
// there already. Only then is the image named: an image whose layers are not what its documents say must never get a
// name. An import that fails leaves blobs without a name, for gc.
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/layer_facts.hpp"
#include "image/layer_index.hpp"
#include "image/layer_reader.hpp"
#include "image/limits.hpp"
#include "layer/tree.hpp"
#include "state/store.hpp"
#include "transfer/image_reader.hpp"
#include "verbs/verbs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace fn::img {
namespace {

struct Import {
  static constexpr std::string_view name = "import";
  static constexpr std::string_view summary = "import an image from an OCI layout, oci-archive or docker-archive";
  static std::vector<cli::Example> examples() {
    return {{"fnimg import app.tar -t app:v1", "an archive made by docker save, podman save or skopeo copy"},
            {"fnimg import layout/ --image app:v1", "an OCI layout; the image keeps its name"},
            {"docker save app:v1 | fnimg import -", "through a pipe, under all its names"}};
  }

  struct Request {
    std::string source;
    std::vector<std::string> tags;
    std::optional<std::string> image;
    std::optional<std::string> platform;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.source, {.name = "FILE|DIR", .complete = cli::Complete::file}, cli::Required::yes,
                    "the archive or layout; - is stdin")
        .option("-t,--tag", request.tags, {.name = "REF", .complete = cli::Complete::reference},
                "name it NAME:TAG (default: all of its own names)")
        .option("--image", request.image, {.name = "NAME"}, "which image, if there are several")
        .option("--platform", request.platform, {.name = "OS/ARCH"},
                "which platform, if there are several (default: this host's)");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::string source;
    bool is_directory = false;
    std::vector<std::string> references;
    std::optional<std::string> image;
    oci::Platform platform;
    Limits limits;
  };
  static Plan plan(const Request& request, cli::Context&) {
    Plan plan{.source = request.source,
              .is_directory = false,
              .references = {},
              .image = request.image,
              .platform = request.platform ? oci::Platform::parse(*request.platform) : oci::Platform::host(),
              .limits = request.limits};
    for (const std::string& tag : request.tags) plan.references.push_back(oci::Reference::parse(tag).str());
    if (request.source == "-") return plan;
    struct stat status {};
    if (stat(request.source.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) fail(Kind::not_found, "'{}' does not exist", printable(request.source));
      sys::check(-1, "cannot read '{}'", printable(request.source));
    }
    plan.is_directory = S_ISDIR(status.st_mode);
    return plan;
  }

  struct Result {
    std::vector<std::string> references;
    oci::Image image;
  };
  static Result execute(const Plan& plan, cli::Context& context) {
    state::Store store =
        state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    const sys::FileLock lock = store.lock_for_blobs();
    context.progress.phase(fmt::format("reading '{}'", plan.source), 0);
    const ForeignImage found =
        plan.is_directory
            ? copy_from_layout(plan.source, plan.image, plan.platform, store.layout())
            : copy_from_archive(plan.source, plan.image, plan.platform, plan.limits.expansion, store.layout());
    for (const std::string& unusable : found.unusable)
      context.note(fmt::format("'{}' in '{}' is not a valid reference, and names nothing here", printable(unusable),
                               printable(plan.source)));
    take_layers(found.image, plan.limits, store, context);
    Result result{.references = plan.references, .image = found.image};
    if (result.references.empty()) result.references = found.names;
    if (result.references.empty())
      fail_hint(Kind::usage, "give it one with -t NAME:TAG", "the image in '{}' has no name of the form NAME:TAG",
                printable(plan.source));
    for (const std::string& reference : result.references) store.publish(reference, result.image, context.clock.now());
    return result;
  }

  // An image is named only if its layers are what its documents say, are layers at all, and can be applied one after
  // the other, as unpack does. What is learned on the way is kept, or the first verb that asks for their files would
  // read them all again.
  static void take_layers(const oci::Image& image, const Limits& limits, state::Store& store, cli::Context& context) {
    state::Index index = store.index();
    layer::Tree tree;
    for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
      const oci::Descriptor& descriptor = image.manifest.layers[n];
      const oci::Digest& diff_id = image.config.diff_ids[n];
      context.progress.phase(fmt::format("checking layer '{}'", layer_label(descriptor)), 0);
      std::optional<std::vector<std::string>> rows = index.files_of(descriptor, diff_id);
      if (rows && index.knows_facts(*index.find(descriptor.digest), facts_form)) {
        visit_layer(store.layout(), descriptor, diff_id, limits, [](const layer::Entry&, layer::TarReader&) {});
      } else {
        std::vector<state::IndexedSegment> segments = read_segments(
            store.layout(), descriptor, diff_id, limits, [&](const std::string& text) { context.note(text); });
        index_read(index, descriptor, diff_id, segments);
        rows.emplace();
        for (state::IndexedSegment& segment : segments) rows->push_back(std::move(segment.files));
      }
      while_doing([&] { return fmt::format("layer '{}'", layer_label(descriptor)); },
                  [&] { apply_rows(std::move(*rows), tree); });
    }
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true).set("source", plan.source).set("references", Json::strings(plan.references));
    report.text = fmt::format("would import '{}'{}{}\n", printable(plan.source), plan.references.empty() ? "" : " as ",
                              fmt::join(plan.references, ", "));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report;
    Json layers = Json::array();
    Bytes total = 0;
    for (std::size_t n = 0; n < result.image.manifest.layers.size(); ++n) {
      layers.push(layer_json(result.image, n));
      total += result.image.manifest.layers[n].size;
    }
    const std::string& digest = result.image.descriptor.digest.str();
    report.json.set("digest", digest)
        .set("image", result.image.manifest.config.digest.str())
        .set("references", Json::strings(result.references))
        .set("size", total)
        .set("layers", layers);
    report.quiet = digest + "\n";
    report.text = fmt::format("{}  {}  {}, {}\n", fmt::join(result.references, ", "), digest,
                              counted(result.image.manifest.layers.size(), "layer", "layers"), human_bytes(total));
    return report;
  }
};

}  // namespace

cli::Verb import_verb() {
  return cli::verb<Import>();
}

}  // namespace fn::img
