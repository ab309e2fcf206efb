// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/file_patches.hpp"
#include "diff/report.hpp"
#include "diff/rules.hpp"
#include "recipe/recipe.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <tuple>

namespace fn::img {
namespace {

constexpr std::array sections{Section::config, Section::layer, Section::package, Section::file, Section::chunk};
constexpr std::array ignorable{layer::Aspect::time, layer::Aspect::owner, layer::Aspect::mode, layer::Aspect::xattrs,
                               layer::Aspect::names};

Sections sections_of(const std::vector<std::string>& names) {
  Sections chosen;
  for (const Section section : sections)
    if (names.empty() || std::find(names.begin(), names.end(), section_name(section)) != names.end())
      chosen.insert(section);
  return chosen;
}

layer::Aspects aspects_of(const std::vector<std::string>& names) {
  layer::Aspects aspects = 0;
  for (const layer::Aspect aspect : ignorable)
    if (std::find(names.begin(), names.end(), layer::aspect_name(aspect)) != names.end())
      aspects = layer::Aspects(aspects | layer::Aspects(aspect));
  return aspects;
}

struct Diff {
  static constexpr std::string_view name = "diff";
  static constexpr std::string_view summary = "show how two images differ: config, layers, packages, files, chunks";
  static std::vector<cli::Example> examples() {
    return {{"fnimg diff app:v1 app:v2", "two images of the state"},
            {"fnimg diff app:v1 ci/app.tar --by package", "compare packages with an image built elsewhere"},
            {"fnimg diff app:v1 rootfs/ --patch", "what an edit of the files would change, line by line"},
            {"fnimg diff app:v1 app:v2 --budget fnimg.toml", "for CI: exit 1 if more changed than the file allows"}};
  }

  struct Request {
    std::string a;
    std::string b;
    std::vector<std::string> by;
    std::vector<std::string> ignore;
    bool patch = false;
    bool markdown = false;
    bool exit_code = false;
    std::optional<std::string> budget;
    std::optional<std::string> image;
    std::optional<std::string> platform;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    std::vector<std::string> section_names, aspect_names;
    for (const Section section : sections) section_names.emplace_back(section_name(section));
    for (const layer::Aspect aspect : ignorable) aspect_names.emplace_back(layer::aspect_name(aspect));
    command
        .positional(request.a, {.name = "A", .complete = cli::Complete::reference}, cli::Required::yes,
                    "an image (NAME:TAG, archive or OCI layout) or a directory")
        .positional(request.b, {.name = "B", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image or directory to compare it with")
        .option("--by", request.by, {.name = "WHAT", .choices = section_names}, "show only this (default: all)")
        .option("--ignore", request.ignore, {.name = "WHAT", .choices = aspect_names},
                "treat files that differ only in this as equal")
        .flag("--patch", request.patch, "show the lines that differ in text files, for patch(1) and git apply")
        .flag("--markdown", request.markdown, "print tables for a comment on a pull request")
        .flag("--exit-code", request.exit_code, "exit with 1 if anything differs")
        .option("--budget", request.budget, {.name = "FILE", .complete = cli::Complete::file},
                "check the rules of [budget] in FILE; exit with 1 if one is broken")
        .option("--image", request.image, {.name = "NAME"}, "which image, if a file contains several")
        .option("--platform", request.platform, {.name = "OS/ARCH"},
                "which platform, if there are several (default: this host's)");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::unique_ptr<Side> a;
    std::unique_ptr<Side> b;
    ImageDiff diff;
    Sections sections;
    std::vector<FilePatch> patches;
    std::vector<BrokenRule> broken;
    bool has_budget = false;
    bool markdown = false;
    bool exit_code = false;
    bool all = false;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.a == "-" && request.b == "-") fail(Kind::usage, "only one of the two can be stdin");
    const std::optional<Budget> budget = request.budget ? std::optional(read_budget(*request.budget)) : std::nullopt;
    auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
    state::Store* opened = store ? &*store : nullptr;
    const ImageChoice choice{
        .name = request.image,
        .platform = request.platform ? oci::Platform::parse(*request.platform) : oci::Platform::host()};
    Plan plan;
    std::tie(plan.a, plan.b) =
        read_sides(open_operand(request.a, opened, choice, request.limits),
                   open_operand(request.b, opened, choice, request.limits), opened, context, request.limits);
    plan.diff = diff_images(*plan.a, *plan.b, aspects_of(request.ignore));
    plan.sections = sections_of(request.by);
    if (request.patch) plan.patches = make_patches(*plan.a, *plan.b, plan.diff.files, request.limits);
    if (budget) plan.broken = broken_rules(*budget, *plan.a, *plan.b, plan.diff);
    plan.has_budget = budget.has_value();
    plan.markdown = request.markdown;
    plan.exit_code = request.exit_code;
    plan.all = context.verbose;
    return plan;
  }

  // Side by side, each with its own connection, if the index knows both; otherwise one after the other, so that what
  // they share is read once.
  static std::pair<std::unique_ptr<Side>, std::unique_ptr<Side>> read_sides(Operand a, Operand b, state::Store* store,
                                                                            const cli::Context& context,
                                                                            const Limits& limits) {
    const auto read = [&](Operand& operand, state::Store* from, const layer::Tree* image = nullptr) {
      return std::make_unique<Side>(read_side(std::move(operand), from, context, limits, image));
    };
    const auto read_after = [&](Operand& image, Operand& directory) {
      auto first = read(image, store);
      auto second = read(directory, store, first->operand.image ? &first->files.tree : nullptr);
      return std::pair(std::move(first), std::move(second));
    };
    const auto is_known = [&](const Operand& one) {
      return one.image && FileReader(store, context, limits).knows(*one.image);
    };
    // A directory is read in the light of the image that it is compared with.
    if (b.image && !a.image) {
      auto [second, first] = read_after(b, a);
      return {std::move(first), std::move(second)};
    }
    if (!store || !is_known(a) || !is_known(b)) return read_after(a, b);
    auto second = std::async(std::launch::async, [&] {
      auto own = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
      return read(b, &own);
    });
    auto first = read(a, store);
    return {std::move(first), second.get()};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    const DiffView view{.a = *plan.a,
                        .b = *plan.b,
                        .diff = plan.diff,
                        .sections = plan.sections,
                        .patches = plan.patches,
                        .all = plan.all};
    cli::Report report;
    report.exit = (plan.exit_code && !is_equal(view)) || !plan.broken.empty() ? 1 : 0;
    if (context.json) {
      report.json.set("a", side_json(view.a)).set("b", side_json(view.b));
      add_json(report.json, view);
      if (plan.has_budget) report.json.set("budget", budget_json(plan.broken));
    } else if (context.quiet) {
      for (const layer::Change& change : plan.diff.files) report.quiet += printable(change.path) + '\n';
    } else {
      report.text = plan.markdown ? diff_markdown(view) : diff_text(view, context.color);
      report.text += budget_text(plan.broken, context.color);
    }
    return report;
  }

  static Json side_json(const Side& side) {
    Json json = Json::object();
    json.set("name", printable(side.operand.text));
    if (side.operand.image) json.set("digest", side.operand.image->descriptor.digest.str());
    return json;
  }
};

}  // namespace

cli::Verb diff_verb() {
  return cli::verb<Diff>();
}

}  // namespace fn::img
