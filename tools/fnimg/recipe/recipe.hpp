// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "layer/compressor.hpp"
#include "layer/selection.hpp"
#include "oci/image.hpp"
#include "recipe/budget.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fn::img {

// A source that is an image in the state, not a path: image:REF[#LAYER].
inline constexpr std::string_view image_scheme = "image:";
// A source that is the difference between the base image and a directory: delta:DIR.
inline constexpr std::string_view delta_scheme = "delta:";

// How to treat attributes that depend on where a source is kept: its owner and times.
enum class Keep { standard, yes };

// One layer to be built: fnimg.toml's [[layer]], or --layer.
struct LayerRecipe {
  std::string name;
  std::vector<std::string> sources;  // in order; later ones win
  std::string follow;                // the channel that the layer follows; "" for none
  layer::Selection selection;        // without `latest`, which depends on the source
  bool by_flags = false;             // given by --layer: --include and --exclude are shared by all such layers
  Keep owner = Keep::standard;       // standard: 0:0 for directories, as recorded for archives
  Keep times = Keep::standard;       // standard: clamped for directories, as recorded for archives
  Keep bytecode = Keep::standard;    // standard: layer::match_bytecode()
  std::vector<std::string> remove;   // paths of layers below that this one deletes
};

// Changes to the base's config; empty members keep the base's value.
struct ConfigRecipe {
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<std::string> workdir;
  std::optional<std::string> user;
  std::optional<std::string> stop_signal;
  std::optional<std::string> author;
  std::vector<std::string> ports;
  std::vector<std::string> volumes;
  std::map<std::string, std::string> labels;

  void apply_to(oci::Config& config) const;
};

// Everything that determines an image, from a file or from flags.
struct Recipe {
  std::string tag;
  std::string from;  // the base image; "" for none
  std::optional<oci::Platform> platform;
  std::optional<layer::Codec> codec;
  ConfigRecipe config;
  oci::Annotations annotations;
  std::vector<LayerRecipe> layers;
  bool accounts = false;         // one more layer: recipe/accounts.hpp
  std::optional<Budget> budget;  // for `diff` and `size`; a build has none

  // The layer of that name, appended if there is none.
  LayerRecipe& layer(const std::string& name);

  // Reads fnimg.toml (fnimg(1), FILE FORMAT); "-" is stdin. Sources that are paths are taken relative to the file's
  // directory. Throws not_found, and usage with the line of the mistake.
  static Recipe read(const std::string& path);
  // The same for the file's text. `directory` ("" or ending in "/") is the file's directory, `name` is for errors.
  static Recipe parse(std::string_view text, const std::string& name, const std::string& directory);
};

// The table [budget] of fnimg.toml, or of a file that has nothing else. Throws not_found, and usage with the line of
// what is wrong, also if there is no such table.
Budget read_budget(const std::string& path);

// Seconds since 1970. Throws usage.
UnixTime parse_layer_time(std::string_view text);

// "NAME=VALUE" in two. Throws usage naming the flag.
std::pair<std::string, std::string> split_pair(std::string_view text, std::string_view flag);

}  // namespace fn::img
