// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>

namespace fn::img {
namespace {

struct Tag {
  static constexpr std::string_view name = "tag";
  static constexpr std::string_view summary = "give an image additional names";
  static std::vector<cli::Example> examples() {
    return {{"fnimg tag app:v1 app:stable", "point app:stable to app:v1, whatever it pointed to before"},
            {"fnimg tag 3f2a9c app:v1", "name an image by the start of its digest"}};
  }

  struct Request {
    std::string reference;
    std::vector<std::string> names;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .positional(request.names, {.name = "NEW"}, cli::Required::yes, "its new names, NAME:TAG");
  }

  struct Name {
    std::string reference;
    oci::Digest previous;  // what it named before; empty: nothing
  };
  struct Plan {
    state::ImageRow image;
    std::vector<Name> names;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    std::vector<std::string> names;
    for (const std::string& text : request.names) {
      const auto reference = oci::Reference::parse(text);
      if (!reference.digest().empty())
        fail_hint(Kind::usage, "a new name is NAME:TAG, such as 'app:v2'", "'{}' names a digest", printable(text));
      if (std::find(names.begin(), names.end(), reference.str()) == names.end()) names.push_back(reference.str());
    }
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    return look_up(store, request.reference, names);
  }

  static Plan look_up(const state::Store& store, const std::string& reference, const std::vector<std::string>& names) {
    Plan plan{.image = store.resolve(reference), .names = {}};
    for (const std::string& each : names) {
      const auto before = store.find(each);
      plan.names.push_back({each, before ? before->descriptor.digest : oci::Digest()});
    }
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    // From here gc waits; looked up again, because until here it didn't.
    const sys::FileLock lock = store.lock_for_blobs();
    std::vector<std::string> names;
    for (const Name& each : plan.names) names.push_back(each.reference);
    Result result = look_up(store, plan.image.reference, names);
    oci::Image image = store.load(result.image.reference);
    image.descriptor = result.image.descriptor;  // an index stays one
    for (const std::string& each : names) store.publish(each, image, context.clock.now());
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would be named");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "is named"); }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    const oci::Digest& digest = plan.image.descriptor.digest;
    Json names = Json::array();
    for (const auto& [reference, previous] : plan.names) {
      names.push(Json::object()
                     .set("reference", reference)
                     .set("previous", previous.empty() ? Json(nullptr) : Json(previous.str())));
      const bool moved = !previous.empty() && previous != digest;
      report.text += fmt::format("{} {} {}{}\n", digest.brief(), verb, reference,
                                 moved ? fmt::format(" (was {})", previous.brief()) : "");
    }
    report.json.set("digest", digest.str()).set("names", std::move(names));
    return report;
  }
};

}  // namespace

cli::Verb tag_verb() {
  return cli::verb<Tag>();
}

}  // namespace fn::img
