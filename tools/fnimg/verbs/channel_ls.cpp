// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"
#include "state/store.hpp"
#include "sys/term.hpp"
#include "verbs/verbs.hpp"

#include <unistd.h>

namespace fn::img {
namespace {

struct ChannelLs {
  static constexpr std::string_view name = "channel ls";
  static constexpr std::string_view summary = "list the channels";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel ls", "a table of all channels"}, {"fnimg channel ls -q", "their names, for scripts"}};
  }

  struct Request {};
  static void declare(cli::Command&, Request&) {}

  struct Listed {
    state::Channel channel;
    std::vector<state::ChannelVersion> versions;
    std::vector<std::string> followers;
  };
  struct Plan {
    std::vector<Listed> channels;
  };

  static Plan plan(const Request&, cli::Context& context) {
    Plan plan;
    if (const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes()))
      for (state::Channel& channel : store->channels().list()) {
        Listed listed{.channel = {},
                      .versions = store->channels().versions(channel.name),
                      .followers = store->followers(channel.name)};
        listed.channel = std::move(channel);
        plan.channels.push_back(std::move(listed));
      }
    if (plan.channels.empty() && !context.json && sys::is_terminal(STDERR_FILENO))
      context.note("no channels yet; 'fnimg channel publish NAME SOURCE' makes one");
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    using Align = cli::Table::Align;
    cli::Report report;
    Json channels = Json::array();
    cli::Table table({{"NAME"}, {"NEWEST"}, {"VERSIONS", Align::right}, {"IMAGES", Align::right}, {""}});
    for (const auto& [channel, versions, followers] : plan.channels) {
      const std::string newest = versions.empty() ? "" : versions.back().version;
      const std::string pinned = channel.pinned.empty() ? "" : "pinned to " + channel.pinned;
      const std::string held = channel.is_held ? "held" : "";
      table.row({channel.name, newest, std::to_string(versions.size()), std::to_string(followers.size()),
                 pinned + (pinned.empty() || held.empty() ? "" : ", ") + held});
      channels.push(Json::object()
                        .set("name", channel.name)
                        .set("newest", newest.empty() ? Json() : Json(newest))
                        .set("versions", std::uint64_t{versions.size()})
                        .set("images", std::uint64_t{followers.size()})
                        .set("pinned", channel.pinned.empty() ? Json() : Json(channel.pinned))
                        .set("held", channel.is_held));
      report.quiet += channel.name + '\n';
    }
    report.json.set("channels", std::move(channels));
    report.text = table.str(context.color);
    return report;
  }
};

}  // namespace

cli::Verb channel_ls_verb() {
  return cli::verb<ChannelLs>();
}

}  // namespace fn::img
