// SPDX-License-Identifier: Apache-2.0
// For each run of layers that is to change: which version it is now (by its diffIDs), which it is to be, and whether it
// may. Then all of them at once become one new image (swap_layers.hpp).
#include "update/update_plan.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::img {
namespace {

class Planner {
 public:
  Planner(const UpdateWish& wish, const state::Store& store, VersionImages& versions)
      : wish_(wish), store_(store), versions_(versions), subject_(open_tagged(store, wish.reference)) {
    layers_ = state::layer_rows(subject_.image);
    if (wish.channel) std::tie(channel_, version_) = state::split_channel(*wish.channel);
  }

  PlannedUpdate run() {
    for (const auto& [layer, image] : wish_.layers) replace(find_run(subject_.image, layer, reference()), image);
    if (wish_.layers.empty()) follow();
    update_.before = subject_.image;
    update_.journal.before = subject_.row.descriptor.digest;
    update_.journal.reference = wish_.target;
    if (const auto named = store_.find(wish_.target)) update_.expected = named->descriptor.digest;
    update_.after =
        swaps_.empty() ? subject_.image
                       : swap_layers(subject_.image, swaps_, [this](const auto& digest) { return find_image(digest); });
    update_.journal.after = update_.after.descriptor.digest;
    return std::move(update_);
  }

 private:
  const std::string& reference() const { return subject_.row.reference; }

  void follow() {
    std::vector<Following> all = followings(layers_);
    if (all.empty())
      fail_hint(Kind::usage,
                fmt::format("'fnimg channel follow {} LAYER=NAME' lets one follow, --layer replaces one", reference()),
                "no layer of '{}' follows a channel", printable(reference()));
    if (!channel_.empty()) {
      store_.channels().get(channel_);
      std::erase_if(all, [&](const Following& one) { return one.channel != channel_; });
      if (all.empty())
        fail_hint(Kind::usage, fmt::format("see 'fnimg inspect {}'", reference()),
                  "no layer of '{}' follows the channel '{}'", printable(reference()), channel_);
    }
    for (const Following& one : all) follow(one);
  }

  void follow(const Following& following) {
    const state::Channel channel = store_.channels().get(following.channel);
    const state::ChannelVersion wanted =
        version_.empty() ? store_.channels().current(channel.name) : store_.channels().version(channel.name, version_);
    const VersionImage* has = versions_.in(channel.name, layers_, following.run);
    const std::string label = run_label(layers_, following.run);
    const auto stays = [&](Unchanged::Why why) {
      update_.unchanged.push_back(
          {.layer = label, .channel = channel.name, .version = has ? has->version.version : "", .why = why});
    };
    if (has && has->version.number == wanted.number) return stays(Unchanged::Why::current);
    if (channel.is_held && version_.empty()) return stays(Unchanged::Why::held);
    if (wish_.skips_rolled_back && store_.updates().rolled_back_from(reference(), channel.name) == wanted.number)
      return stays(Unchanged::Why::rolled_back);
    check_not_below(channel.name, wanted);
    const oci::Image& image = image_of(channel.name, wanted);
    swaps_.push_back({.run = following.run,
                      .from = has && has->image ? &*has->image : nullptr,
                      .to = &image,
                      .channel = channel.name});
    update_.journal.layers.push_back({.layer = label,
                                      .channel = channel.name,
                                      .from_number = has ? has->version.number : 0,
                                      .to_number = wanted.number,
                                      .from_version = has ? has->version.version : "",
                                      .to_version = wanted.version});
  }

  void replace(const LayerRun& run, const oci::Image& image) {
    const std::string label = run_label(layers_, run);
    const std::string channel = layers_[run.first].follows;
    const auto same = [&] {
      if (image.config.diff_ids.size() != run.count) return false;
      for (std::size_t n = 0; n < run.count; ++n)
        if (image.config.diff_ids[n] != layers_[run.first + n].diff_id) return false;
      return true;
    };
    const VersionImage* has = channel.empty() ? nullptr : versions_.in(channel, layers_, run);
    const VersionImage* becomes = channel.empty() ? nullptr : version_of(channel, image);
    if (same())
      return update_.unchanged.push_back(
          {.layer = label, .channel = channel, .version = has ? has->version.version : "", .why = {}});
    swaps_.push_back(
        {.run = run, .from = has && has->image ? &*has->image : nullptr, .to = &image, .channel = channel});
    update_.journal.layers.push_back({.layer = label,
                                      .channel = channel,
                                      .from_number = has ? has->version.number : 0,
                                      .to_number = becomes ? becomes->version.number : 0,
                                      .from_version = has ? has->version.version : "",
                                      .to_version = becomes ? becomes->version.version : ""});
  }

  // The newest with the same layers.
  const VersionImage* version_of(const std::string& channel, const oci::Image& image) {
    return versions_.in(channel, state::layer_rows(image), {0, image.manifest.layers.size()});
  }

  void check_not_below(const std::string& channel, const state::ChannelVersion& wanted) const {
    if (wish_.allow_rollback || wanted.number >= store_.updates().highest(reference(), channel)) return;
    fail_hint(Kind::usage, "'fnimg rollback' takes an update back; --allow-rollback permits an older version",
              "'{}' had a newer version of '{}' than '{}'", reference(), channel, wanted.version);
  }

  // With all of its blobs.
  const oci::Image& image_of(const std::string& channel, const state::ChannelVersion& wanted) {
    const std::vector<VersionImage>& all = versions_.of(channel);
    const auto found = std::find_if(all.begin(), all.end(), [&](const VersionImage& one) {
      return one.version.number == wanted.number && one.image;
    });
    return while_doing([&] { return fmt::format("version '{}' of channel '{}'", wanted.version, channel); },
                       [&]() -> const oci::Image& {
                         if (found == all.end()) store_.layout().load(wanted.image.descriptor);  // for its error
                         for (const oci::Descriptor& layer : found->image->manifest.layers)
                           if (store_.layout().blob_size(layer.digest) != layer.size)
                             fail_hint(Kind::integrity, "publish it again, which repairs it",
                                       "blob '{}' is missing or damaged", layer.digest.str());
                         return *found->image;
                       });
  }

  std::optional<oci::Image> find_image(const oci::Digest& digest) const {
    for (const state::ImageRow& row : store_.kept_images())
      if (row.descriptor.digest == digest && oci::is_manifest(row.descriptor.media_type))
        return store_.layout().load(row.descriptor);
    return std::nullopt;
  }

  const UpdateWish& wish_;
  const state::Store& store_;
  VersionImages& versions_;
  TaggedImage subject_;
  std::vector<state::LayerRow> layers_;
  std::string channel_, version_;
  std::vector<Swap> swaps_;
  PlannedUpdate update_;
};

}  // namespace

PlannedUpdate plan_update(const UpdateWish& wish, const state::Store& store, VersionImages& versions) {
  return Planner(wish, store, versions).run();
}

void carry_out(const PlannedUpdate& update, state::Store& store, UnixTime now, std::size_t kept) {
  state::Update journal = update.journal;
  journal.changed_at = now;
  store.layout().put_documents(update.after);
  store.replace(journal.reference, update.expected, update.after, now, &journal, kept);
}

std::vector<std::string> functions_following(state::Store& store, const std::string& reference) {
  std::vector<std::string> names;
  for (const state::Function& function : store.functions().list())
    if (function.image == reference) names.push_back(function.name);
  return names;
}

}  // namespace fn::img
