// SPDX-License-Identifier: Apache-2.0
#include "analysis/image_size.hpp"
#include "analysis/package_size.hpp"
#include "analysis/waste.hpp"
#include "base/error.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "recipe/recipe.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::img {
namespace {

constexpr std::size_t max_examples = 1000;  // of each kind of waste in a document

using Align = cli::Table::Align;

struct LayerSize {
  std::string name;
  oci::Digest digest;
  Bytes compressed = 0;
  Size size;
};

std::string lost_paths(const std::vector<std::string>& paths) {
  const std::size_t more = paths.size() - 2;
  return paths[1] + " = " + paths[0] + (more > 0 ? fmt::format(" and {} more", more) : "");
}

// What a verb that measures prints; `top` cuts its tables.
struct SizePlan {
  std::string reference;
  oci::Digest digest;
  std::vector<std::string> by;
  std::size_t top = 0;
  std::vector<LayerSize> layers;
  Bytes compressed = 0;
  Size size;
  std::vector<DirectorySize> directories;
  PackageSizes packages;
  Waste waste;
  std::optional<std::vector<BrokenRule>> broken;  // none: no budget was given
};

// The same in its two forms.
class Document {
 public:
  explicit Document(const SizePlan& plan) : plan_(plan) {}

  Json json() const {
    Json json = Json::object();
    json.set("reference", plan_.reference)
        .set("digest", plan_.digest.str())
        .set("compressed", plan_.compressed)
        .set("bytes", plan_.size.bytes)
        .set("files", plan_.size.files)
        .set("layers", layers())
        .set("directories", directories())
        .set("packages", packages());
    Json unowned = Json::object();
    set_size(unowned, plan_.packages.unowned);
    json.set("unowned", std::move(unowned)).set("wasted", wasted());
    if (plan_.broken) json.set("budget", budget_json(*plan_.broken));
    return json;
  }

 private:
  static void set_size(Json& json, const Size& size) { json.set("bytes", size.bytes).set("files", size.files); }

  Json layers() const {
    Json layers = Json::array();
    for (std::size_t n = 0; n < plan_.layers.size(); ++n) {
      const LayerSize& layer = plan_.layers[n];
      Json json = Json::object();
      json.set("name", layer.name).set("digest", layer.digest.str()).set("compressed", layer.compressed);
      set_size(json, layer.size);
      layers.push(std::move(json.set("wasted", plan_.waste.layers[n])));
    }
    return layers;
  }

  Json directories() const {
    Json directories = Json::array();
    for (const auto& [path, size] : plan_.directories) {
      Json json = Json::object();
      set_path(json, path);
      set_size(json, size);
      directories.push(std::move(json));
    }
    return directories;
  }

  Json packages() const {
    Json packages = Json::array();
    for (const auto& [package, size] : plan_.packages.packages) {
      Json json = Json::object();
      json.set("ecosystem", package::ecosystem_name(package.ecosystem))
          .set("name", document_text(package.name))
          .set("version", document_text(package.version))
          .set("architecture", document_text(package.architecture))
          .set("root", document_text(package.root));
      set_size(json, size);
      packages.push(std::move(json));
    }
    return packages;
  }

  Json lost(const std::vector<LostFile>& files) const {
    Json array = Json::array();
    for (std::size_t i = 0; i < std::min(files.size(), max_examples); ++i) {
      Json json = Json::object();
      set_path(json, files[i].path);
      json.set("layer", plan_.layers[files[i].layer].name)
          .set("by", plan_.layers[files[i].by].name)
          .set("bytes", files[i].bytes);
      array.push(std::move(json));
    }
    return array;
  }

  Json wasted() const {
    Json duplicates = Json::array();
    for (std::size_t i = 0; i < std::min(plan_.waste.duplicates.size(), max_examples); ++i) {
      const Duplicate& duplicate = plan_.waste.duplicates[i];
      std::vector<std::string> paths;
      for (const std::string& path : duplicate.paths) paths.push_back(document_text(path));
      Json json = Json::object();
      json.set("digest", oci::Digest(duplicate.digest).str())
          .set("bytes", duplicate.bytes)
          .set("paths", Json::strings(paths));
      duplicates.push(std::move(json));
    }
    Json json = Json::object();
    json.set("bytes", plan_.waste.bytes())
        .set("overwritten", lost(plan_.waste.overwritten))
        .set("deleted", lost(plan_.waste.deleted))
        .set("duplicates", std::move(duplicates));
    return json;
  }

  const SizePlan& plan_;
};

class Text {
 public:
  Text(const SizePlan& plan, bool color) : plan_(plan), color_(color) {}

  std::string str() const {
    std::string text = totals();
    if (shows("layer")) text += '\n' + layers();
    if (shows("directory")) text += section(directories());
    if (shows("package")) text += section(packages());
    if (plan_.by.empty()) text += section(waste());
    if (plan_.broken && !plan_.broken->empty()) text += '\n' + budget_text(*plan_.broken, color_);
    return text;
  }

 private:
  bool shows(std::string_view what) const {
    return plan_.by.empty() || std::find(plan_.by.begin(), plan_.by.end(), what) != plan_.by.end();
  }

  static std::string section(const std::string& table) { return table.empty() ? "" : '\n' + table; }

  std::string totals() const {
    cli::Table table({{""}, {"", Align::right}, {""}});
    table.row({"compressed", human_bytes(plan_.compressed), ""});
    table.row({"size", human_bytes(plan_.size.bytes), counted(plan_.size.files, "file", "files")});
    table.row({"wasted", human_bytes(plan_.waste.bytes()), ""});
    return table.str(color_);
  }

  std::string layers() const {
    cli::Table table({{"LAYER"},
                      {"COMPRESSED", Align::right},
                      {"SIZE", Align::right},
                      {"FILES", Align::right},
                      {"WASTED", Align::right}});
    for (std::size_t n = 0; n < plan_.layers.size(); ++n) {
      const LayerSize& layer = plan_.layers[n];
      table.row({layer.name, human_bytes(layer.compressed), human_bytes(layer.size.bytes),
                 std::to_string(layer.size.files), human_bytes(plan_.waste.layers[n])});
    }
    return table.str(color_);
  }

  std::string directories() const {
    cli::Table table({{"SIZE", Align::right}, {"FILES", Align::right}, {"DIRECTORY"}});
    for (std::size_t i = 0; i < std::min(plan_.directories.size(), plan_.top); ++i) {
      const auto& [path, size] = plan_.directories[i];
      table.row({human_bytes(size.bytes), std::to_string(size.files), path});
    }
    return table.str(color_) + rest(plan_.directories.size(), "directories");
  }

  std::string packages() const {
    const std::vector<PackageSize>& packages = plan_.packages.packages;
    if (packages.empty() && plan_.by.empty()) return {};
    cli::Table table({{"SIZE", Align::right}, {"FILES", Align::right}, {"PACKAGE"}, {"VERSION"}, {"OF"}});
    for (std::size_t i = 0; i < std::min(packages.size(), plan_.top); ++i) {
      const auto& [package, size] = packages[i];
      table.row({human_bytes(size.bytes), std::to_string(size.files), package.name, package.version,
                 std::string(package::ecosystem_name(package.ecosystem))});
    }
    const Size& unowned = plan_.packages.unowned;
    table.row({human_bytes(unowned.bytes), std::to_string(unowned.files), "(no package)", "", ""});
    return table.str(color_) + rest(packages.size(), "packages");
  }

  std::string waste() const {
    struct Row {
      Bytes bytes;
      std::vector<std::string> cells;
    };
    std::vector<Row> rows;
    const auto add_lost = [&](const std::vector<LostFile>& files, std::string_view how) {
      for (const LostFile& file : files)
        rows.push_back(
            {file.bytes,
             {fmt::format("{} by {}", how, plan_.layers[file.by].name), plan_.layers[file.layer].name, file.path}});
    };
    add_lost(plan_.waste.overwritten, "overwritten");
    add_lost(plan_.waste.deleted, "deleted");
    for (const Duplicate& duplicate : plan_.waste.duplicates)
      rows.push_back({duplicate.bytes, {"duplicate", "", lost_paths(duplicate.paths)}});
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.bytes > b.bytes; });
    cli::Table table({{"WASTED", Align::right}, {"HOW"}, {"LAYER"}, {"PATH"}});
    for (std::size_t i = 0; i < std::min(rows.size(), plan_.top); ++i) {
      std::vector<std::string>& cells = rows[i].cells;
      table.row({human_bytes(rows[i].bytes), std::move(cells[0]), std::move(cells[1]), std::move(cells[2])});
    }
    return table.str(color_) + rest(rows.size(), "");
  }

  std::string rest(std::size_t all, std::string_view what) const {
    if (all <= plan_.top) return {};
    return fmt::format("... and {} more{}{} (--top {})\n", all - plan_.top, what.empty() ? "" : " ", what, all);
  }

  const SizePlan& plan_;
  bool color_;
};

struct SizeVerb {
  static constexpr std::string_view name = "size";
  static constexpr std::string_view summary = "show where an image's bytes go and what is wasted, and check a budget";
  static std::vector<cli::Example> examples() {
    return {{"fnimg size app:v1", "by layer, directory and package, and what is wasted"},
            {"fnimg size app:v1 --by package --top 50", "the largest packages"},
            {"fnimg size app:v1 --budget fnimg.toml", "exit 1 if it exceeds its [budget]"}};
  }

  struct Request {
    std::string reference;
    std::vector<std::string> by;
    std::uint64_t depth = 2;
    std::uint64_t top = 10;
    std::optional<std::string> budget;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .option("--by", request.by, {.name = "WHAT", .choices = {"layer", "directory", "package"}},
                "only this table: layer, directory or package")
        .option("--depth", request.depth, {.name = "N"}, "directories down to N levels (default 2)")
        .option("--top", request.top, {.name = "N"}, "lines per table (default 10); --json prints all")
        .option("--budget", request.budget, {.name = "FILE", .complete = cli::Complete::file},
                "check the rules of its [budget] table");
    declare_limits(command, request.limits);
  }

  using Plan = SizePlan;

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.depth == 0 || request.top == 0)
      fail(Kind::usage, "{} must be at least 1", request.depth == 0 ? "--depth" : "--top");
    std::optional<Budget> budget;
    if (request.budget) budget = read_budget(*request.budget);
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const state::ImageRow row = store.resolve(request.reference);
    const oci::Image image = store.load(row.reference);
    const ImageFiles files =
        FileReader(&store, context, request.limits).read(store.layout(), image, FileReader::Detail::layers);
    Plan plan = measure(image, files, request.depth);
    plan.reference = row.reference;
    plan.by = request.by;
    plan.top = request.top;
    if (budget) plan.broken = check(plan, *budget);
    return plan;
  }

  static Plan measure(const oci::Image& image, const ImageFiles& files, std::size_t depth) {
    Plan plan;
    plan.digest = image.descriptor.digest;
    for (std::size_t n = 0; n < files.layers.size(); ++n) {
      const oci::Descriptor& layer = image.manifest.layers[n];
      plan.layers.push_back({layer_label(layer), layer.digest, layer.size, size_of(files.layers[n])});
      plan.compressed += layer.size;
    }
    plan.size = size_of(files.tree);
    plan.directories = directory_sizes(files.tree, depth);
    plan.packages = package_sizes(files);
    plan.waste = find_waste(files);
    return plan;
  }

  static std::vector<BrokenRule> check(const Plan& plan, const Budget& budget) {
    std::vector<BrokenRule> broken;
    check_limit("max_compressed", budget.max_compressed, plan.compressed, "compressed", broken);
    check_limit("max_size", budget.max_size, plan.size.bytes, "of files", broken);
    check_limit("max_wasted", budget.max_wasted, plan.waste.bytes(), "wasted", broken);
    check_limit("max_files", budget.max_files, plan.size.files, "files", broken);
    return broken;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    if (context.json) report.json = Document(plan).json();
    report.text = Text(plan, context.color).str();
    report.quiet = fmt::format("{}\n", plan.size.bytes);
    report.exit = plan.broken && !plan.broken->empty() ? 1 : 0;
    return report;
  }
};

}  // namespace

cli::Verb size_verb() {
  return cli::verb<SizeVerb>();
}

}  // namespace fn::img
