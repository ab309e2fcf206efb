// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "image/entry_text.hpp"
#include "image/image_files.hpp"
#include "image/image_path.hpp"
#include "image/layer_reader.hpp"
#include "image/path_lookup.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "verbs/verbs.hpp"

#include <deque>
#include <memory>

namespace fn::img {
namespace {

bool is_below(std::string_view path, std::string_view directory) {
  return directory.empty() ||
         (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

struct Files {
  static constexpr std::string_view name = "files";
  static constexpr std::string_view summary = "list the files of an image or of one of its layers";
  static std::vector<cli::Example> examples() {
    return {{"fnimg files app:v1", "all files, with the layer that each comes from"},
            {"fnimg files app:v1 usr/lib", "everything below a directory"},
            {"fnimg files app:v1 --layer app", "one layer alone, with the files that it deletes (.wh.NAME)"}};
  }

  struct Request {
    std::string reference;
    std::string path;
    std::optional<std::string> layer;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .positional(request.path, {.name = "PATH"}, cli::Required::no,
                    "only this file, or everything below this directory")
        .option("--layer", request.layer, {.name = "NAME|N"},
                "the entries of one layer, by name or number (0: the lowest)");
    declare_limits(command, request.limits);
  }

  // Of the plan's tree, or of its entries.
  struct File {
    const layer::Entry* entry = nullptr;
    std::size_t layer = 0;
  };
  struct Plan {
    std::string reference;
    oci::Digest digest;
    std::vector<std::string> labels;  // of the layers
    std::unique_ptr<const ImageFiles> image;
    std::deque<layer::Entry> entries;
    std::vector<File> files;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const state::ImageRow row = store.resolve(request.reference);
    const oci::Image image = store.load(row.reference);
    Plan plan;
    plan.reference = row.reference;
    plan.digest = image.descriptor.digest;
    for (const oci::Descriptor& layer : image.manifest.layers) plan.labels.push_back(layer_label(layer));
    if (request.layer) {
      list_layer(plan, store.layout(), image, request, context);
    } else {
      plan.image =
          std::make_unique<ImageFiles>(FileReader(&store, context, request.limits).read(store.layout(), image));
      list_tree(plan, request.path);
    }
    return plan;
  }

  static void list_tree(Plan& plan, const std::string& path) {
    const layer::Tree& tree = plan.image->tree;
    const Place place = find_path(tree, path, Follow::parents);
    const auto add = [&](const layer::Node& node) { plan.files.push_back({&node.entry, node.layer}); };
    if (!place.is_directory()) return add(*place.node);
    const std::string prefix = place.path.empty() ? "" : place.path + '/';
    const auto& nodes = tree.nodes();
    for (auto below = nodes.lower_bound(prefix); below != nodes.end() && below->entry.path.starts_with(prefix); ++below)
      add(*below);
  }

  static void list_layer(Plan& plan, const oci::Layout& layout, const oci::Image& image, const Request& request,
                         cli::Context& context) {
    const std::size_t n = find_layer(image, *request.layer, request.reference);
    const oci::Descriptor& layer = image.manifest.layers[n];
    const std::string path = image_path(request.path);  // as written: a layer alone has no links to follow
    context.progress.phase("reading layer", layer.size);
    visit_layer(layout, layer, image.config.diff_ids[n], request.limits,
                [&](const layer::Entry& entry, layer::TarReader&) {
                  if (entry.path == path || is_below(entry.path, path)) plan.entries.push_back(entry);
                });
    context.progress.finish();
    for (const layer::Entry& entry : plan.entries) plan.files.push_back({&entry, n});
    if (plan.files.empty() && !path.empty())
      fail_hint(Kind::not_found, fmt::format("omit --layer to search the whole image"), "'{}' is not in layer '{}'",
                printable(request.path), printable(*request.layer));
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    if (context.json) {
      Json files = Json::array();
      for (const File& file : plan.files) {
        Json json = entry_json(*file.entry);
        json.set("layer", plan.labels[file.layer]);
        files.push(std::move(json));
      }
      report.json.set("reference", plan.reference).set("digest", plan.digest.str()).set("files", std::move(files));
    } else if (context.quiet) {
      std::size_t bytes = 0;
      for (const File& file : plan.files) bytes += file.entry->path.size() + 1;
      report.quiet.reserve(bytes);
      for (const File& file : plan.files) (report.quiet += printable(entry_path(*file.entry))) += '\n';
    } else {
      report.write = [table = std::make_shared<const cli::Table>(table_of(plan)), color = context.color](int fd) {
        table->write([fd](std::string_view lines) { sys::write_full(fd, lines, "stdout"); }, color);
      };
    }
    return report;
  }

  static cli::Table table_of(const Plan& plan) {
    using Align = cli::Table::Align;
    cli::Table table({{"MODE"}, {"OWNER"}, {"SIZE", Align::right}, {"MODIFIED"}, {"LAYER"}, {"PATH"}});
    for (const File& file : plan.files) {
      const layer::Entry& entry = *file.entry;
      std::string path = entry_path(entry);
      if (entry.type == layer::Type::symlink) path += " -> " + entry.link;
      if (entry.type == layer::Type::hardlink) path += " link to " + entry.link;
      table.row(
          {mode_string(entry), fmt::format("{}:{}", entry.uid, entry.gid),
           is_device(entry) ? fmt::format("{},{}", entry.device_major, entry.device_minor) : std::to_string(entry.size),
           time_text(entry.mtime), plan.labels[file.layer], std::move(path)});
    }
    return table;
  }
};

}  // namespace

cli::Verb files_verb() {
  return cli::verb<Files>();
}

}  // namespace fn::img
