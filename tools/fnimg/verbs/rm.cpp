// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::img {
namespace {

struct Rm {
  static constexpr std::string_view name = "rm";
  static constexpr std::string_view summary = "remove references to images; if one cannot be removed, none is";
  static std::vector<cli::Example> examples() {
    return {{"fnimg rm app:v1 app:v2", "the images' blobs stay until 'fnimg gc'"}};
  }

  struct Request {
    std::vector<std::string> references;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.references, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                       "NAME:TAG");
  }

  struct Removed {
    std::string reference;
    oci::Digest digest;
  };
  struct Plan {
    std::vector<Removed> removed;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan;
    for (const std::string& text : request.references) {
      const state::ImageRow image = store.resolve(text);
      if (image.reference.starts_with(state::channel_scheme) && image.reference.find('@') != image.reference.npos)
        fail_hint(Kind::usage,
                  fmt::format("'fnimg channel rm {}'", image.reference.substr(state::channel_scheme.size())),
                  "'{}' is a version of a channel", printable(text));
      if (!store.find(image.reference))
        fail_hint(Kind::usage, "later updates let it go, see 'fnimg history --updates'", "'{}' has lost its tag",
                  printable(text));
      // An image may have several names; which of them a digest means would be a guess.
      if (oci::Reference::parse(text).str() != image.reference)
        fail_hint(Kind::usage, fmt::format("name the reference, such as '{}'", image.reference),
                  "'{}' is a digest, not a reference", printable(text));
      const bool again = std::any_of(plan.removed.begin(), plan.removed.end(),
                                     [&](const Removed& removed) { return removed.reference == image.reference; });
      if (!again) plan.removed.push_back({image.reference, image.descriptor.digest});
    }
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    std::vector<std::string> references;
    for (const Removed& removed : plan.removed) references.push_back(removed.reference);
    state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes())
        .remove(references);
    return plan;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would remove");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report = report_as(result, "removed");
    report.text += "blobs that no image uses any more remain until 'fnimg gc' removes them\n";
    return report;
  }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    Json array = Json::array();
    for (const auto& [reference, digest] : plan.removed) {
      array.push(Json::object().set("reference", reference).set("digest", digest.str()));
      report.text += fmt::format("{} {} ({})\n", verb, reference, digest.brief());
    }
    report.json.set("removed", std::move(array));
    return report;
  }
};

}  // namespace

cli::Verb rm_verb() {
  return cli::verb<Rm>();
}

}  // namespace fn::img
