// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

Json string_members(const std::map<std::string, std::string>& values) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object.set(key, value);
  return object;
}

// Lines "title  value": the title stands before the first of its values only.
class Block {
 public:
  void line(const std::string& title, const std::string& value) {
    if (!value.empty()) table_.row({title, value});
  }
  void lines(const std::string& title, const std::vector<std::string>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) table_.row({i == 0 ? title : "", values[i]});
  }
  void lines(const std::string& title, const std::map<std::string, std::string>& values) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : values) pairs.push_back(key + '=' + value);
    lines(title, pairs);
  }
  std::string str() const { return table_.str(); }

 private:
  cli::Table table_{{{""}, {""}}};
};

struct Inspect {
  static constexpr std::string_view name = "inspect";
  static constexpr std::string_view summary = "show an image's configuration and layers";
  static std::vector<cli::Example> examples() {
    return {{"fnimg inspect app:v1", "platform, configuration and layers"},
            {"fnimg inspect app:v1 --json", "all of it, with manifest and config"},
            {"fnimg inspect app:v1 --manifest | sha256sum", "the manifest's bytes as they are stored"}};
  }

  struct Request {
    std::string reference;
    bool manifest = false;
    bool config = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .flag("--manifest", request.manifest, "print the manifest's bytes as they are stored")
        .flag("--config", request.config, "print the config's bytes as they are stored");
  }

  struct Plan {
    state::ImageRow row;
    oci::Image image;
    std::string raw;  // the document that was asked for; empty: the overview
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.manifest && request.config) fail(Kind::usage, "--manifest and --config cannot be combined");
    if ((request.manifest || request.config) && context.json)
      fail_hint(Kind::usage, "omit --json, or read .manifest and .config of its document",
                "--json cannot be combined with --manifest or --config");
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan;
    plan.row = store.resolve(request.reference);
    plan.image = store.load(plan.row.reference);
    if (request.manifest) plan.raw = plan.image.manifest_text;
    if (request.config) plan.raw = plan.image.config_text;
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    if (!plan.raw.empty()) {
      report.write = [raw = plan.raw](int fd) { sys::write_full(fd, raw, "stdout"); };
      return report;
    }
    report.json = json(plan);
    report.text = overview(plan) + '\n' + layers(plan.image, context.color);
    report.quiet = plan.image.descriptor.digest.str() + '\n';
    return report;
  }

  static Bytes layer_bytes(const oci::Image& image) {
    Bytes total = 0;
    for (const oci::Descriptor& layer : image.manifest.layers) total += layer.size;
    return total;
  }

  static Json json(const Plan& plan) {
    const oci::Config& config = plan.image.config;
    Json layers = Json::array();
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n) layers.push(layer_json(plan.image, n));
    Json json = Json::object();
    json.set("reference", plan.row.reference).set("digest", plan.image.descriptor.digest.str());
    if (plan.row.descriptor.digest != plan.image.descriptor.digest)
      json.set("index_digest", plan.row.descriptor.digest.str());
    json.set("media_type", plan.image.descriptor.media_type)
        .set("platform", config.platform.str())
        .set("created", config.created)
        .set("size", layer_bytes(plan.image))
        .set("entrypoint", Json::strings(config.entrypoint))
        .set("cmd", Json::strings(config.cmd))
        .set("env", Json::strings(config.env))
        .set("workdir", config.working_dir)
        .set("user", config.user)
        .set("labels", string_members(config.labels))
        .set("annotations", string_members(plan.image.manifest.annotations))
        .set("layers", std::move(layers))
        .set("image", plan.image.manifest.config.digest.str())
        .set("manifest", Json::parse(plan.image.manifest_text, "manifest"))
        .set("config", Json::parse(plan.image.config_text, "config"));
    return json;
  }

  static std::string overview(const Plan& plan) {
    const oci::Config& config = plan.image.config;
    Block block;
    block.line("reference", plan.row.reference);
    block.line("digest", plan.image.descriptor.digest.str());
    if (plan.row.descriptor.digest != plan.image.descriptor.digest)
      block.line("of index", plan.row.descriptor.digest.str());
    block.line("config", plan.image.manifest.config.digest.str());
    block.line("platform", config.platform.str());
    block.line("created", config.created);
    block.line("author", config.author);
    if (!config.entrypoint.empty()) block.line("entrypoint", Json::strings(config.entrypoint).dump());
    if (!config.cmd.empty()) block.line("cmd", Json::strings(config.cmd).dump());
    block.lines("env", config.env);
    block.line("workdir", config.working_dir);
    block.line("user", config.user);
    block.line("stop signal", config.stop_signal);
    block.lines("ports", config.exposed_ports);
    block.lines("volumes", config.volumes);
    block.lines("labels", config.labels);
    block.lines("annotations", plan.image.manifest.annotations);
    block.line("size", human_bytes(layer_bytes(plan.image)));
    return block.str();
  }

  static std::string layers(const oci::Image& image, bool color) {
    using Align = cli::Table::Align;
    cli::Table table({{"N", Align::right}, {"LAYER"}, {"SIZE", Align::right}, {"DIGEST"}, {"FOLLOWS"}});
    for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
      const oci::Descriptor& layer = image.manifest.layers[n];
      table.row({std::to_string(n), layer.annotation(oci::annotation::layer_name), human_bytes(layer.size),
                 layer.digest.str(), layer.annotation(oci::annotation::layer_follow)});
    }
    return table.str(color);
  }
};

}  // namespace

cli::Verb inspect_verb() {
  return cli::verb<Inspect>();
}

}  // namespace fn::img
