// SPDX-License-Identifier: Apache-2.0
#include "state/store.hpp"
#include "verbs/verbs.hpp"

namespace fn::img {
namespace {

struct ChannelHold {
  static constexpr std::string_view name = "channel hold";
  static constexpr std::string_view summary = "give followers no version of a channel for the time being";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel hold python3", "no image gets a new version"},
            {"fnimg channel hold python3 --off", "they get new ones again"}};
  }

  struct Request {
    std::string channel;
    bool off = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.channel, {.name = "NAME", .complete = cli::Complete::channel}, cli::Required::yes,
                    "a channel")
        .flag("--off", request.off, "followers get new versions again");
  }

  struct Plan {
    state::Channel channel;
    bool was_held = false;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.channel = store.channels().get(request.channel)};
    plan.was_held = plan.channel.is_held;
    plan.channel.is_held = !request.off;
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    store.channels().set(plan.channel);
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
    report.json.set("channel", plan.channel.name).set("held", plan.channel.is_held).set("previous", plan.was_held);
    report.text = fmt::format("{} {} {}held\n", plan.channel.name, verb, plan.channel.is_held ? "" : "not ");
    return report;
  }
};

}  // namespace

cli::Verb channel_hold_verb() {
  return cli::verb<ChannelHold>();
}

}  // namespace fn::img
