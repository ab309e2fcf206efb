// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"
#include "base/units.hpp"
#include "cli/table.hpp"
#include "state/store.hpp"
#include "update/following.hpp"
#include "verbs/verbs.hpp"

#include <fmt/format.h>
#include <map>

namespace fn::img {
namespace {

struct ChannelShow {
  static constexpr std::string_view name = "channel show";
  static constexpr std::string_view summary = "show a channel's versions, and the images that have each";
  static std::vector<cli::Example> examples() {
    return {{"fnimg channel show python3", "its versions, the newest last"},
            {"fnimg files channel:python3@3.11.2-6", "what is in one of them"}};
  }

  struct Request {
    std::string channel;
  };
  static void declare(cli::Command& command, Request& request) {
    command.positional(request.channel, {.name = "NAME", .complete = cli::Complete::channel}, cli::Required::yes,
                       "a channel");
  }

  struct Plan {
    state::Channel channel;
    std::vector<state::ChannelVersion> versions;
    std::map<std::int64_t, std::vector<std::string>> images;  // number of a version -> references; 0: of another
  };

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.channel = store.channels().get(request.channel),
              .versions = store.channels().versions(request.channel),
              .images = {}};
    VersionImages known(store);
    for (const std::string& reference : store.followers(request.channel)) {
      const std::vector<state::LayerRow> layers = store.layers(reference);
      for (const Following& following : followings(layers)) {
        if (following.channel != request.channel) continue;
        const VersionImage* version = known.in(request.channel, layers, following.run);
        plan.images[version ? version->version.number : 0].push_back(reference);
      }
    }
    return plan;
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    Json versions = Json::array();
    cli::Table table({{"VERSION"}, {"PUBLISHED"}, {"DIGEST"}, {"SIZE", cli::Table::Align::right}, {"IMAGES"}});
    const auto images_of = [&](std::int64_t number) {
      const auto found = plan.images.find(number);
      return found == plan.images.end() ? std::vector<std::string>() : found->second;
    };
    for (const auto& [number, version, image] : plan.versions) {
      const std::vector<std::string> images = images_of(number);
      const std::string published = rfc3339(image.updated_at);
      table.row({version + (version == plan.channel.pinned ? " (pinned)" : ""), published,
                 image.descriptor.digest.brief(), human_bytes(image.layer_bytes),
                 fmt::format("{}", fmt::join(images, ", "))});
      versions.push(Json::object()
                        .set("version", version)
                        .set("number", number)
                        .set("digest", image.descriptor.digest.str())
                        .set("platform", image.platform)
                        .set("size", image.layer_bytes)
                        .set("published_at", published)
                        .set("images", Json::strings(images)));
      report.quiet += version + '\n';
    }
    report.json.set("name", plan.channel.name)
        .set("pinned", plan.channel.pinned.empty() ? Json() : Json(plan.channel.pinned))
        .set("held", plan.channel.is_held)
        .set("versions", std::move(versions))
        .set("images_of_no_version", Json::strings(images_of(0)));
    report.text = table.str(context.color);
    if (plan.channel.is_held) report.text += "held: images that follow get none of them\n";
    if (!images_of(0).empty())
      report.text += fmt::format("with a layer that is in none of them: {}\n", fmt::join(images_of(0), ", "));
    return report;
  }
};

}  // namespace

cli::Verb channel_show_verb() {
  return cli::verb<ChannelShow>();
}

}  // namespace fn::img
