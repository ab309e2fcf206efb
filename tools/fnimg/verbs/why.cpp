// SPDX-License-Identifier: Apache-2.0
#include "analysis/path_history.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "image/image_path.hpp"
#include "image/path_lookup.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

// What the history says of each layer, as far as there is one.
std::vector<std::string> layer_commands(const oci::Image& image) {
  std::vector<std::string> commands;
  for (const oci::History& history : image.config.history_of(image.manifest.layers.size()))
    if (!history.empty_layer) commands.push_back(history.created_by);
  return commands;
}

// Where the path may have been, best first: where it leads in the image as it is; if it is gone, where its directory
// leads; as it is written.
std::vector<std::string> places(const layer::Tree& tree, const std::string& path) {
  if (const auto place = find_path_if_there(tree, path, Follow::parents)) return {place->path};
  const std::string written = image_path(path);
  const auto parent = find_path_if_there(tree, layer::parent_path(written), Follow::all);
  if (!parent || !parent->is_directory()) return {written};
  const std::string_view name = layer::base_name(written);
  return {parent->path.empty() ? std::string(name) : fmt::format("{}/{}", parent->path, name), written};
}

struct Why {
  static constexpr std::string_view name = "why";
  static constexpr std::string_view summary = "show which layers added, changed or deleted a path, and how";
  static std::vector<cli::Example> examples() {
    return {{"fnimg why app:v1 etc/passwd", "layer by layer, and the final result"}};
  }

  struct Request {
    std::string reference;
    std::string path;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .positional(request.path, {.name = "PATH"}, cli::Required::yes,
                    "a path that exists in the image or in one of its layers");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::string reference;
    oci::Image image;
    std::string path;
    std::optional<PathState> state;
    std::vector<PathEvent> events;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const state::ImageRow row = store.resolve(request.reference);
    Plan plan{.reference = row.reference, .image = store.load(row.reference), .path = {}, .state = {}, .events = {}};
    const ImageFiles files =
        FileReader(&store, context, request.limits).read(store.layout(), plan.image, FileReader::Detail::layers);
    for (std::string& path : places(files.tree, request.path)) {
      plan.path = std::move(path);
      plan.events = path_history(files, plan.path);
      if (!plan.events.empty()) break;
    }
    plan.state = state_at(files.tree, plan.path);
    // No layer ever had it: this says so, and what else may be meant.
    if (plan.events.empty()) find_path(files.tree, request.path, Follow::parents);
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    const std::vector<std::string> commands = layer_commands(plan.image);
    Json events = Json::array();
    for (const PathEvent& event : plan.events) {
      const oci::Descriptor& layer = plan.image.manifest.layers[event.layer];
      events.push(json(event, layer, commands[event.layer]));
      report.quiet += printable(layer_label(layer)) + '\n';
    }
    report.json.set("reference", plan.reference).set("digest", plan.image.descriptor.digest.str());
    set_path(report.json, path_text(plan));
    report.json.set("present", is_present(plan)).set("events", std::move(events));
    report.text = table(plan, commands, context.color) + ending(plan) + '\n';
    return report;
  }

  // Every image has a root, also if no layer tells of it.
  static bool is_present(const Plan& plan) { return plan.state || plan.path.empty(); }
  static std::string path_text(const Plan& plan) { return plan.path.empty() ? "." : plan.path; }

  static std::string table(const Plan& plan, const std::vector<std::string>& commands, bool color) {
    using Align = cli::Table::Align;
    cli::Table table({{"LAYER"}, {"WHAT"}, {"SIZE", Align::right}, {"DIGEST"}, {"CREATED BY"}});
    for (const PathEvent& event : plan.events) {
      const bool is_file = event.state && event.state->content;
      table.row({layer_label(plan.image.manifest.layers[event.layer]), what(event),
                 is_file ? human_bytes(event.state->entry.size) : "",
                 is_file ? "sha256:" + oci::Digest(*event.state->content).brief() : "", commands[event.layer]});
    }
    return table.str(color);
  }

  static std::string what(const PathEvent& event) {
    std::string text(what_name(event.what));
    for (const std::string& aspect : event.aspects) text += (&aspect == &event.aspects.front() ? ": " : ", ") + aspect;
    if (!event.by.empty()) text += ": " + event.by;
    return text;
  }

  static std::string ending(const Plan& plan) {
    const std::string path = printable(path_text(plan));
    if (!plan.state) return fmt::format("'{}' is {}", path, plan.path.empty() ? "a directory" : "gone");
    const layer::Entry& entry = plan.state->entry;
    std::string text = fmt::format("'{}' is a {}", path, type_name(entry.type));
    if (entry.type == layer::Type::symlink) return text + fmt::format(" to '{}'", printable(entry.link));
    if (entry.type == layer::Type::file) text += fmt::format(" of {}", human_bytes(entry.size));
    text += fmt::format(", {:04o} {}:{}", entry.mode, entry.uid, entry.gid);
    if (!entry.link.empty()) text += fmt::format(", a hard link to '{}'", printable(entry.link));
    return text;
  }

  static Json json(const PathEvent& event, const oci::Descriptor& layer, const std::string& created_by) {
    Json json = Json::object();
    json.set("layer", layer_label(layer))
        .set("digest", layer.digest.str())
        .set("position", std::uint64_t{event.layer})
        .set("what", what_name(event.what))
        .set("aspects", Json::strings(event.aspects));
    if (!event.by.empty()) json.set("by", document_text(event.by));
    if (event.state && event.state->content)
      json.set("size", event.state->entry.size).set("content", oci::Digest(*event.state->content).str());
    json.set("created_by", created_by);
    return json;
  }
};

}  // namespace

cli::Verb why_verb() {
  return cli::verb<Why>();
}

}  // namespace fn::img
