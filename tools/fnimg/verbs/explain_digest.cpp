// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "compare/documents.hpp"
#include "compare/layers.hpp"
#include "compare/subject.hpp"
#include "image/document.hpp"
#include "verbs/verbs.hpp"

#include <limits>

namespace fn::img {
namespace {

// Compares two subjects of one kind, from the documents down to the layers' tars.
class Explanation {
 public:
  Explanation(const Subject& a, const Subject& b, const Limits& limits, std::size_t max_examples,
              cli::Progress& progress)
      : a_(a), b_(b), limits_(limits), max_examples_(max_examples), progress_(progress) {}

  Causes run() {
    switch (a_.kind) {
      case Subject::Kind::image:
        images();
        break;
      case Subject::Kind::config:
        configs(true);
        break;
      case Subject::Kind::layer:
        layer(a_.layer, b_.layer);
        break;
    }
    progress_.finish();
    sort_by_importance(causes_);
    return std::move(causes_);
  }

 private:
  void images() {
    if (a_.digest() == b_.digest()) return indexes();
    const oci::Image& a = a_.image();
    const oci::Image& b = b_.image();
    const std::vector<LayerPair> pairs = pair_layers(a, b);
    compare_layer_lists(a, b, pairs, max_examples_, causes_);
    for (const LayerPair& pair : pairs) {
      if (!pair.a || !pair.b) continue;
      layer(*pair.a, *pair.b);
      compare_descriptors(a.manifest.layers[*pair.a], b.manifest.layers[*pair.b],
                          layer_label(a.manifest.layers[*pair.a]), max_examples_, causes_);
    }
    configs(false);
    compare_manifests(a, b, max_examples_, causes_);
    if (causes_.empty()) compare_spelling(Level::manifest, a.manifest_text, b.manifest_text, causes_);
  }

  // One image, by two names that lead through different indexes.
  void indexes() {
    if (a_.operand.named == b_.operand.named) return;
    causes_.push_back({.level = Level::manifest,
                       .layer = {},
                       .what = "index",
                       .count = 1,
                       .text = "the indexes differ, but their images for this platform are the same",
                       .hint = {},
                       .examples = {{"digest", a_.operand.named.str(), b_.operand.named.str()}}});
  }

  void configs(bool diff_ids) {
    const oci::Image& a = a_.image();
    const oci::Image& b = b_.image();
    if (a.manifest.config.digest == b.manifest.config.digest) return;
    const std::size_t before = causes_.size();
    compare_configs(a, b, diff_ids, max_examples_, causes_);
    if (causes_.size() == before && a.config.diff_ids == b.config.diff_ids)
      compare_spelling(Level::config, a.config_text, b.config_text, causes_);
  }

  void layer(std::size_t a, std::size_t b) {
    const oci::Descriptor& blob = a_.image().manifest.layers[a];
    progress_.phase(fmt::format("comparing layer '{}'", layer_label(blob)), 0);
    compare_layer({*a_.operand.layout, a_.image()}, a, {*b_.operand.layout, b_.image()}, b, limits_, max_examples_,
                  causes_);
  }

  const Subject& a_;
  const Subject& b_;
  const Limits& limits_;
  std::size_t max_examples_;
  cli::Progress& progress_;
  Causes causes_;
};

struct ExplainDigest {
  static constexpr std::string_view name = "explain-digest";
  static constexpr std::string_view summary =
      "explain why two digests differ: which time, owner, order, header or codec";
  static std::vector<cli::Example> examples() {
    return {{"fnimg explain-digest app:v1 app:v2", "two images of the state"},
            {"fnimg explain-digest app:v1 ci/app.tar", "an image built elsewhere"},
            {"fnimg explain-digest app:v1#code app:v2#code --all", "one layer, every entry that differs"}};
  }

  struct Request {
    std::string a;
    std::string b;
    std::optional<std::string> image;
    std::optional<std::string> platform;
    bool all = false;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.a, {.name = "A", .complete = cli::Complete::reference}, cli::Required::yes,
                    "an image (NAME:TAG, archive or OCI layout), NAME:TAG#LAYER, or any blob's digest")
        .positional(request.b, {.name = "B", .complete = cli::Complete::reference}, cli::Required::yes,
                    "what to compare it with")
        .flag("--all", request.all, "every example, not only the first five")
        .option("--image", request.image, {.name = "NAME"}, "which image, if a file contains several")
        .option("--platform", request.platform, {.name = "OS/ARCH"},
                "which platform, if there are several (default: this host's)");
    declare_limits(command, request.limits);
  }

  struct Side {
    std::string text;
    oci::Digest digest;
  };
  struct Plan {
    Side a;
    Side b;
    Subject::Kind kind = Subject::Kind::image;
    Causes causes;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.a == "-" && request.b == "-") fail(Kind::usage, "only one of the two can be stdin");
    const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
    const state::Store* opened = store ? &*store : nullptr;
    const ImageChoice choice{
        .name = request.image,
        .platform = request.platform ? oci::Platform::parse(*request.platform) : oci::Platform::host()};
    const Subject a = open_subject(request.a, opened, choice, request.limits);
    const Subject b = open_subject(request.b, opened, choice, request.limits);
    if (a.kind != b.kind)
      fail_hint(Kind::usage, "compare two things of the same kind", "cannot compare {} '{}' with {} '{}'",
                kind_name(a.kind), printable(request.a), kind_name(b.kind), printable(request.b));
    const std::size_t max_examples = request.all ? std::numeric_limits<std::size_t>::max() : 5;
    return {.a = side(a),
            .b = side(b),
            .kind = a.kind,
            .causes = Explanation(a, b, request.limits, max_examples, context.progress).run()};
  }

  static Side side(const Subject& subject) {
    const bool is_image = subject.kind == Subject::Kind::image;
    return {.text = subject.operand.text, .digest = is_image ? subject.operand.named : subject.digest()};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    const bool same = plan.a.digest == plan.b.digest;
    cli::Report report;
    report.json.set("a", printable(plan.a.text))
        .set("b", printable(plan.b.text))
        .set("kind", kind_name(plan.kind))
        .set("a_digest", plan.a.digest.str())
        .set("b_digest", plan.b.digest.str())
        .set("same", same)
        .set("causes", causes_json(plan.causes));
    report.quiet = causes_names(plan.causes);
    report.text = same ? fmt::format("the same {}: {}\n", kind_name(plan.kind), plan.a.digest.str())
                       : heads(plan, context.color) + causes_text(plan.causes, context.color);
    report.exit = same ? 0 : 1;
    return report;
  }

  static std::string heads(const Plan& plan, bool color) {
    cli::Table table({{""}, {""}, {""}});
    table.row({"A", plan.a.text, plan.a.digest.str()});
    table.row({"B", plan.b.text, plan.b.digest.str()});
    return cli::styled(fmt::format("two {}s that differ", kind_name(plan.kind)), cli::Style::bold, color) + '\n' +
           table.str(color);
  }
};

}  // namespace

cli::Verb explain_digest_verb() {
  return cli::verb<ExplainDigest>();
}

}  // namespace fn::img
