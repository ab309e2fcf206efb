// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

struct ChannelPin {
  static constexpr std::string_view name = "channel pin";
  static constexpr std::string_view summary = "give followers one version of a channel, whatever is newer";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel pin python3 3.11.2-6", "followers get this version"},
            {"fnimg channel pin python3 --off", "and the newest again"}};
  }

  struct Request {
    std::string channel;
    std::optional<std::string> version;
    bool off = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.channel, {.name = "NAME", .complete = cli::Complete::channel}, cli::Required::yes,
                    "a channel")
        .positional(request.version, {.name = "VERSION"}, "one of its versions")
        .flag("--off", request.off, "followers get the newest version again");
  }

  struct Plan {
    state::Channel before;
    state::Channel after;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    if (request.off == request.version.has_value())
      fail_hint(Kind::usage, "'fnimg channel show NAME' lists the versions", "give a version, or --off");
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.before = store.channels().get(request.channel), .after = {}};
    plan.after = plan.before;
    plan.after.pinned = request.off ? "" : store.channels().version(request.channel, *request.version).version;
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    store.channels().set(plan.after);
    return plan;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would be");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, "is"); }

  static cli::Report report_as(const Plan& plan, std::string_view verb) {
    cli::Report report;
    const std::string& version = plan.after.pinned;
    report.json.set("channel", plan.after.name)
        .set("pinned", version.empty() ? Json() : Json(version))
        .set("previous", plan.before.pinned.empty() ? Json() : Json(plan.before.pinned));
    report.text = version.empty() ? fmt::format("{} {} not pinned\n", plan.after.name, verb)
                                  : fmt::format("{} {} pinned to {}\n", plan.after.name, verb, version);
    return report;
  }
};

}  // namespace

cli::Verb channel_pin_verb() {
  return cli::verb<ChannelPin>();
}

}  // namespace fn::img
