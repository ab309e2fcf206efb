// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

struct ChannelRm {
  static constexpr std::string_view name = "channel rm";
  static constexpr std::string_view summary = "remove a channel, or one of its versions";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel rm python3@3.11.2-5", "one version; images that have it keep it"},
            {"fnimg channel rm python3", "the channel with all its versions"}};
  }

  struct Request {
    std::string channel;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.channel, {.name = "NAME[@VERSION]", .complete = cli::Complete::channel},
                       cli::Required::yes, "a channel, or one of its versions");
  }

  struct Plan {
    std::string channel;
    std::vector<state::ChannelVersion> versions;  // that go
    bool is_whole = false;                        // the channel goes too
    std::vector<std::string> followers;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const auto [channel, version] = state::split_channel(request.channel);
    store.channels().get(channel);
    Plan plan{.channel = channel,
              .versions = store.channels().versions(channel),
              .is_whole = version.empty(),
              .followers = store.followers(channel)};
    if (!plan.is_whole) plan.versions = {store.channels().version(channel, version)};
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    if (plan.is_whole) {
      store.channels().remove(plan.channel);
    } else {
      store.channels().remove_version(plan.channel, plan.versions.front().version);
    }
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
    Json versions = Json::array();
    for (const state::ChannelVersion& each : plan.versions) {
      versions.push(Json::object().set("version", each.version).set("digest", each.image.descriptor.digest.str()));
      report.text +=
          fmt::format("{} {}@{} ({})\n", verb, plan.channel, each.version, each.image.descriptor.digest.brief());
    }
    if (plan.is_whole) {
      report.text += fmt::format("{} channel {}\n", verb, plan.channel);
      if (!plan.followers.empty())
        report.text += fmt::format("still following it: {}\n", fmt::join(plan.followers, ", "));
    }
    report.json.set("channel", plan.channel)
        .set("removed_channel", plan.is_whole)
        .set("versions", std::move(versions))
        .set("images", Json::strings(plan.followers));
    return report;
  }
};

}  // namespace

cli::Verb channel_rm_verb() {
  return cli::verb<ChannelRm>();
}

}  // namespace fn::img
