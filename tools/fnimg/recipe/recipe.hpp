// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "budget.hpp"
#include "layer/compressor.hpp"
#include "layer/selection.hpp"
#include "oci/image.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fn::img {

// A source that is an image in the state, not a path: image:REF[#LAYER].
inline constexpr std::string_view image_scheme = "image:";

// What happens to an attribute that a source has by accident of where it lies: who owns it, when it was written.
enum class Keep { standard, yes };

// One layer that is to be made: fnimg.toml's [[layer]], or --layer.
struct LayerRecipe {
  std::string name;
  std::vector<std::string> sources;  // in order; later ones win
  std::string follow;                // the channel that the layer follows; "" for none
  layer::Selection selection;        // without `latest`, which depends on the source
  Keep owner = Keep::standard;       // standard: 0:0 for directories, as recorded for archives
  Keep times = Keep::standard;       // standard: clamped for directories, as recorded for archives
  std::vector<std::string> remove;   // paths of layers below that this one deletes
};

// Changes to the base's config; what is empty leaves the base's value.
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

// All that decides what an image will be, from a file or from flags.
struct Recipe {
  std::string tag;
  std::string from;  // the base image; "" for none
  std::optional<oci::Platform> platform;
  std::optional<layer::Codec> codec;
  ConfigRecipe config;
  oci::Annotations annotations;
  std::vector<LayerRecipe> layers;
  std::optional<Budget> budget;  // for `diff` and `size`; a build has none

  // The layer of that name, made at the end if there is none.
  LayerRecipe& layer(const std::string& name);

  // Reads fnimg.toml (fnimg(1), FILE FORMAT). Sources that are paths are taken relative to the file's directory. Throws
  // not_found, and usage with the line of what is wrong.
  static Recipe read(const std::string& path);
  // The same of the file's text. `directory` ("" or ending in "/") is where it lies, `name` is for errors.
  static Recipe parse(std::string_view text, const std::string& name, const std::string& directory);
};

// "NAME=VALUE" in two. Throws usage naming the flag.
std::pair<std::string, std::string> split_pair(std::string_view text, std::string_view flag);

// A path as users write it ("/usr//lib/", "./x") in an Entry's form. Throws usage for "..".
std::string image_path(std::string_view text);

}  // namespace fn::img
