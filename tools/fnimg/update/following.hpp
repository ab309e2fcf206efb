// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/store.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// Layers of an image, one above the other: numbers `first` (0 is the lowest) to `first + count - 1`.
struct LayerRun {
  std::size_t first = 0;
  std::size_t count = 0;
  std::size_t end() const { return first + count; }

  friend bool operator==(const LayerRun&, const LayerRun&) = default;
};

// A run of layers that follows a channel.
struct Following {
  std::string channel;
  LayerRun run;
};

// Neighbours that follow the same channel are one run. From the lowest layer up.
std::vector<Following> followings(const std::vector<state::LayerRow>& layers);

// "runtime", "2", "0-3": the layers that `text` means: a layer's name, its number, or a range of numbers. Throws
// not_found, with did-you-mean; usage for a range that is upside down. `reference` is for the message.
LayerRun find_run(const oci::Image& image, std::string_view text, std::string_view reference);
// The name of the layer, or the numbers of them: what find_run() takes.
std::string run_label(const std::vector<state::LayerRow>& layers, const LayerRun& run);

// A version of a channel with its documents; without them if they can't be read.
struct VersionImage {
  state::ChannelVersion version;
  std::optional<oci::Image> image;
};

// The versions of channels, read once each.
class VersionImages {
 public:
  explicit VersionImages(const state::Store& store) : store_(store) {}
  // In the order of publishing; none for a channel that doesn't exist.
  const std::vector<VersionImage>& of(const std::string& channel);
  // The newest version that has exactly these layers, by their diffIDs. Null if none has.
  const VersionImage* in(const std::string& channel, const std::vector<state::LayerRow>& layers, const LayerRun& run);

 private:
  const state::Store& store_;
  std::map<std::string, std::vector<VersionImage>> read_;
};

// An image of the state that is about to be changed. Throws usage for what has no tag (a digest, a channel's version),
// and unsupported, with its platforms, for an index.
struct TaggedImage {
  state::ImageRow row;
  oci::Image image;
};
TaggedImage open_tagged(const state::Store& store, const std::string& reference);

// Throws unsupported, with the platforms, if the row names an index.
void check_no_index(const state::Store& store, const state::ImageRow& row);

}  // namespace fn::img
