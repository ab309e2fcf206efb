// SPDX-License-Identifier: Apache-2.0
// Blobs first, under the lock that keeps gc away; then the version, in one transaction that gives it its place. Two who
// publish at once get two places, in the order in which they came.
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "state/store.hpp"
#include "update/version_source.hpp"
#include "verbs/verbs.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

struct ChannelPublish {
  static constexpr std::string_view name = "channel publish";
  static constexpr std::string_view summary = "publish a version of a layer, for images that follow the channel";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel publish python3 debs/*.deb --version 3.11.2-6", "one layer, made as 'build' makes it"},
            {"fnimg channel publish debian image:debian:12 --version 12.8", "all layers of an image, with its config"},
            {"fnimg channel publish stable channel:testing@3", "what another channel published"}};
  }

  struct Request {
    std::string channel;
    std::vector<std::string> sources;
    std::optional<std::string> version;
    std::optional<std::string> compression;
    std::optional<std::string> platform;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.channel, {.name = "NAME", .complete = cli::Complete::channel}, cli::Required::yes,
                    "the channel; it is made with its first version")
        .positional(request.sources, {.name = "SOURCE", .complete = cli::Complete::file}, cli::Required::yes,
                    "DIR, archive, -, image:REF[#LAYER] or channel:NAME[@VERSION]; later ones win")
        .option("--version", request.version, {.name = "VERSION"}, "what to call it (default: a number)")
        .option("--compression", request.compression,
                {.name = "CODEC", .offers = {"gzip", "gzip:4", "zstd", "zstd:3", "none"}},
                "of a layer that is made (default: gzip)")
        .option("--platform", request.platform, {.name = "OS/ARCH"}, "of a layer that is made (default: this host's)");
  }

  struct Plan {
    std::string channel;
    std::string version;  // "": a number
    std::vector<std::string> sources;
    VersionSource source;
  };
  struct Result {
    std::string channel;
    state::ChannelVersion version;
    std::size_t layers = 0;
    bool is_new = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    state::check_channel_name(request.channel);
    if (request.version) state::check_channel_version(*request.version);
    const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
    const SourceWish wish{
        .sources = request.sources,
        .layer = request.channel,
        .codec = layer::Codec::parse(request.compression.value_or("gzip")),
        .platform = request.platform ? oci::Platform::parse(*request.platform) : oci::Platform::host()};
    return {.channel = request.channel,
            .version = request.version.value_or(""),
            .sources = request.sources,
            .source = find_version_source(wish, store ? &*store : nullptr, context)};
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    const sys::FileLock lock = store.lock_for_blobs();
    const oci::Image image = make_version(plan.source, store, context);
    prove(image, store);
    store.layout().put_documents(image);
    const std::size_t before = store.channels().versions(plan.channel).size();
    Result result{.channel = plan.channel,
                  .version = store.publish_version(plan.channel, plan.version, image, context.clock.now()),
                  .layers = image.manifest.layers.size()};
    result.is_new = store.channels().versions(plan.channel).size() > before;
    return result;
  }

  // Of another image only the blobs are there.
  static void prove(const oci::Image& image, state::Store& store) {
    state::Proofs proofs = store.proofs();
    for (const oci::Descriptor& layer : image.manifest.layers)
      if (!proofs.holds(layer))
        fail_hint(Kind::integrity, "import its image or build it again, which repairs it",
                  "layer '{}' is missing or corrupt", layer.digest.str());
    proofs.save();
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true)
        .set("channel", plan.channel)
        .set("version", plan.version.empty() ? Json() : Json(plan.version))
        .set("sources", Json::strings(plan.sources));
    report.text =
        fmt::format("would publish {}{} from {}\n", plan.channel, plan.version.empty() ? "" : " " + plan.version,
                    printable(fmt::format("{}", fmt::join(plan.sources, ", "))));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    const state::ImageRow& image = result.version.image;
    cli::Report report;
    report.json.set("channel", result.channel)
        .set("version", result.version.version)
        .set("number", result.version.number)
        .set("digest", image.descriptor.digest.str())
        .set("layers", std::uint64_t{result.layers})
        .set("size", image.layer_bytes)
        .set("published", result.is_new);
    report.quiet = image.descriptor.digest.str() + '\n';
    report.text = fmt::format("{} {} {}  {}  {}\n", result.is_new ? "published" : "already published:", result.channel,
                              result.version.version, image.descriptor.digest.brief(), human_bytes(image.layer_bytes));
    return report;
  }
};

}  // namespace

cli::Verb channel_publish_verb() {
  return cli::verb<ChannelPublish>();
}

}  // namespace fn::img
