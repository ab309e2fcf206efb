// SPDX-License-Identifier: Apache-2.0
#include "analysis/file_search.hpp"
#include "base/error.hpp"
#include "cli/table.hpp"
#include "image/all_images.hpp"
#include "image/document.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace fn::img {
namespace {

// An image and a reference that leads to it; there may be more of both.
struct Named {
  state::ImageRow row;
  oci::Image image;
};

std::vector<Named> named_images(const state::Store& store, const std::vector<std::string>& references) {
  std::vector<state::ImageRow> rows;
  std::set<std::string> seen;
  for (const std::string& reference : references)
    if (state::ImageRow row = store.resolve(reference); seen.insert(row.reference).second)
      rows.push_back(std::move(row));
  if (references.empty()) rows = store.images();
  std::vector<Named> named;
  for (const state::ImageRow& row : rows) {
    std::vector<oci::Image> images = images_of(store.layout(), row.descriptor);
    // An unreadable one is not an answer: this throws the reason.
    if (images.empty()) images.push_back(store.load(row.reference));
    for (oci::Image& image : images) named.push_back({row, std::move(image)});
  }
  return named;
}

struct Find {
  static constexpr std::string_view name = "find";
  static constexpr std::string_view summary = "find a file or blob in all images, by path or digest";
  static std::vector<cli::Example> examples() {
    return {{"fnimg find 'libssl.so.*'", "which images have it, in which layer"},
            {"fnimg find 'usr/**/*.pyc' --image app:v1", "by the whole path, in one image"},
            {"fnimg find sha256:9f86d0", "files with this content, and images that use this blob"}};
  }

  struct Request {
    std::vector<std::string> what;
    std::vector<std::string> images;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.what, {.name = "DIGEST|PATTERN"}, cli::Required::yes,
                    "'sha256:' and 6 or more digits, or a path pattern; without '/' it matches the last component")
        .option("--image", request.images, {.name = "REF", .complete = cli::Complete::reference}, "only in this image");
    declare_limits(command, request.limits);
  }

  struct FoundFile {
    std::string reference;
    oci::Digest image;
    oci::Descriptor layer;
    Match match;
  };
  struct FoundBlob {
    std::string reference;
    std::string_view kind;
    oci::Digest digest;
    friend bool operator==(const FoundBlob&, const FoundBlob&) = default;
  };
  struct Plan {
    std::vector<FoundFile> files;
    std::vector<FoundBlob> blobs;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    std::vector<Query> queries;
    for (const std::string& text : request.what) queries.push_back(Query::parse(text));
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const std::vector<Named> images = named_images(store, request.images);
    Plan plan;
    for (const Named& named : images)
      for (const Query& query : queries) add_blobs(named, query, plan.blobs);
    FileSearch search(FileReader(&store, context, request.limits), store.layout(), queries);
    for (const Named& named : images) search.expect(named.image);
    for (const Named& named : images)
      while_doing([&] { return fmt::format("image '{}'", named.row.reference); },
                  [&] {
                    for (Match& match : search.search(named.image))
                      plan.files.push_back({named.row.reference, named.image.descriptor.digest,
                                            named.image.manifest.layers[match.layer], std::move(match)});
                  });
    return plan;
  }

  static void add_blobs(const Named& named, const Query& query, std::vector<FoundBlob>& blobs) {
    const auto add = [&](std::string_view kind, const oci::Digest& digest) {
      FoundBlob blob{named.row.reference, kind, digest};
      if (query.matches(digest) && std::find(blobs.begin(), blobs.end(), blob) == blobs.end())
        blobs.push_back(std::move(blob));
    };
    if (named.row.descriptor.digest != named.image.descriptor.digest) add("index", named.row.descriptor.digest);
    add("manifest", named.image.descriptor.digest);
    add("config", named.image.manifest.config.digest);
    for (const oci::Descriptor& layer : named.image.manifest.layers) add("layer", layer.digest);
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    std::set<std::string> references;
    Json matches = Json::array();
    for (const FoundFile& file : plan.files) {
      references.insert(file.reference);
      if (context.json) matches.push(json(file));
    }
    Json blobs = Json::array();
    for (const FoundBlob& blob : plan.blobs) {
      references.insert(blob.reference);
      Json json = Json::object();
      json.set("reference", blob.reference).set("kind", blob.kind).set("digest", blob.digest.str());
      blobs.push(std::move(json));
    }
    report.json.set("matches", std::move(matches)).set("blobs", std::move(blobs));
    report.text = blob_table(plan.blobs, context.color);
    if (!plan.blobs.empty() && !plan.files.empty()) report.text += '\n';
    report.text += file_table(plan.files, context.color);
    for (const std::string& reference : references) report.quiet += reference + '\n';
    report.exit = references.empty() ? 1 : 0;
    return report;
  }

  static std::string blob_table(const std::vector<FoundBlob>& blobs, bool color) {
    cli::Table table({{"REFERENCE"}, {"BLOB"}, {"DIGEST"}});
    for (const FoundBlob& blob : blobs) table.row({blob.reference, std::string(blob.kind), blob.digest.str()});
    return table.str(color);
  }

  static std::string file_table(const std::vector<FoundFile>& files, bool color) {
    cli::Table table({{"REFERENCE"}, {"LAYER"}, {"SIZE", cli::Table::Align::right}, {"PATH"}, {""}});
    for (const FoundFile& file : files) {
      const layer::Entry& entry = file.match.entry;
      const bool is_file = entry.type == layer::Type::file;
      table.row({file.reference, layer_label(file.layer),
                 is_file ? human_bytes(entry.size) : std::string(layer::type_name(entry.type)), entry.path,
                 file.match.hidden ? "hidden" : ""});
    }
    return table.str(color);
  }

  static Json json(const FoundFile& file) {
    const layer::Entry& entry = file.match.entry;
    Json json = Json::object();
    json.set("reference", file.reference)
        .set("image_digest", file.image.str())
        .set("layer", layer_label(file.layer))
        .set("layer_digest", file.layer.digest.str());
    set_path(json, entry.path);
    json.set("type", layer::type_name(entry.type)).set("size", entry.size);
    if (!file.match.digest.empty()) json.set("digest", file.match.digest.str());
    json.set("hidden", file.match.hidden);
    return json;
  }
};

}  // namespace

cli::Verb find_verb() {
  return cli::verb<Find>();
}

}  // namespace fn::img
