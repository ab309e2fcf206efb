// SPDX-License-Identifier: Apache-2.0
#include "update/following.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/layer_reader.hpp"
#include "oci/index.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace fn::img {
namespace {

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<Following> followings(const std::vector<state::LayerRow>& layers) {
  std::vector<Following> found;
  for (std::size_t n = 0; n < layers.size(); ++n) {
    if (layers[n].follows.empty()) continue;
    if (!found.empty() && found.back().channel == layers[n].follows && found.back().run.end() == n) {
      ++found.back().run.count;
    } else {
      found.push_back({.channel = layers[n].follows, .run = {n, 1}});
    }
  }
  return found;
}

LayerRun find_run(const oci::Image& image, std::string_view text, std::string_view reference) {
  const std::vector<oci::Descriptor>& layers = image.manifest.layers;
  const bool is_name = std::any_of(layers.begin(), layers.end(), [&](const oci::Descriptor& layer) {
    return layer.annotation(oci::annotation::layer_name) == text;
  });
  const std::size_t dash = text.find('-');
  const auto first = dash == text.npos ? std::nullopt : number_in(text.substr(0, dash));
  const auto last = dash == text.npos ? std::nullopt : number_in(text.substr(dash + 1));
  if (is_name || !first || !last) return {find_layer(image, text, reference), 1};
  if (*last < *first) fail(Kind::usage, "the range '{}' is upside down", printable(text));
  if (*last >= layers.size())
    fail_hint(Kind::not_found, fmt::format("see 'fnimg inspect {}'", reference), "'{}' has the layers 0 to {}",
              printable(reference), layers.size() - 1);
  return {*first, *last - *first + 1};
}

std::string run_label(const std::vector<state::LayerRow>& layers, const LayerRun& run) {
  if (run.count != 1) return fmt::format("{}-{}", run.first, run.end() - 1);
  const std::string& name = layers[run.first].name;
  return name.empty() ? std::to_string(run.first) : name;
}

const std::vector<VersionImage>& VersionImages::of(const std::string& channel) {
  const auto [found, is_new] = read_.try_emplace(channel);
  if (!is_new) return found->second;
  for (state::ChannelVersion& version : store_.channels().versions(channel)) {
    VersionImage& read = found->second.emplace_back();
    try {
      read.image = store_.layout().load(version.image.descriptor);
    } catch (const Error& error) {
      if (error.kind() != Kind::integrity && error.kind() != Kind::not_found) throw;
    }
    read.version = std::move(version);
  }
  return found->second;
}

const VersionImage* VersionImages::in(const std::string& channel, const std::vector<state::LayerRow>& layers,
                                      const LayerRun& run) {
  const std::vector<VersionImage>& all = of(channel);
  const auto has_layers = [&](const VersionImage& version) {
    if (!version.image || version.image->config.diff_ids.size() != run.count) return false;
    for (std::size_t n = 0; n < run.count; ++n)
      if (version.image->config.diff_ids[n] != layers[run.first + n].diff_id) return false;
    return true;
  };
  const auto found = std::find_if(all.rbegin(), all.rend(), has_layers);
  return found == all.rend() ? nullptr : &*found;
}

void check_no_index(const state::Store& store, const state::ImageRow& row) {
  if (!oci::is_index(row.descriptor.media_type)) return;
  std::vector<std::string> platforms;
  const std::string text = store.layout().read_blob(row.descriptor);
  for (const oci::Descriptor& entry : oci::parse_index(text, fmt::format("index '{}'", row.reference)))
    if (entry.platform && entry.platform->os != "unknown") platforms.push_back(entry.platform->str());
  fail_hint(Kind::unsupported, "export the image of one platform, and import it under a name of its own",
            "'{}' is an index of several platforms: {}", printable(row.reference), fmt::join(platforms, ", "));
}

TaggedImage open_tagged(const state::Store& store, const std::string& reference) {
  TaggedImage subject{.row = store.resolve(reference), .image = {}};
  if (!store.find(subject.row.reference))
    fail_hint(Kind::usage, "'fnimg tag' gives it a name", "'{}' has no tag that could be moved",
              printable(subject.row.reference));
  // An image may have several names; which of them a digest means would be a guess.
  if (oci::Reference::parse(reference).str() != subject.row.reference)
    fail_hint(Kind::usage, fmt::format("name the reference, such as '{}'", subject.row.reference),
              "'{}' is a digest, not a reference", printable(reference));
  check_no_index(store, subject.row);
  subject.image = while_doing([&] { return fmt::format("image '{}'", subject.row.reference); },
                              [&] { return store.layout().load(subject.row.descriptor); });
  return subject;
}

}  // namespace fn::img
