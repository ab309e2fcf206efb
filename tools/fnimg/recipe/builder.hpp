// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "cli/context.hpp"
#include "oci/image.hpp"
#include "recipe/recipe.hpp"
#include "recipe/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// A layer of the image to build, with its sources located.
struct PlannedLayer {
  LayerRecipe recipe;
  std::vector<Source> sources;

  // It is exactly one layer of another image, unmodified: the blob is used as it is.
  bool is_reused() const;
};

// Everything that an image will be made of; only documents have been read yet.
struct BuildPlan {
  std::vector<std::string> references;  // NAME:TAG
  std::optional<std::string> digest_file;
  std::string base_name;  // as the user wrote it
  std::optional<oci::Image> base;
  oci::Platform platform;
  layer::Codec codec;
  ConfigRecipe config;
  oci::Annotations annotations;
  std::vector<PlannedLayer> layers;                          // above the base's
  std::vector<std::pair<std::string, std::string>> follows;  // layer name, channel; also of the base's layers
  bool accounts = false;
  UnixTime epoch = 0;
  bool epoch_given = false;  // SOURCE_DATE_EPOCH is set: the times in archives are clamped too
  unsigned jobs = 1;
};

// A finished layer.
struct BuiltLayer {
  std::uint64_t files = 0;  // entries; 0 for a reused layer
  bool reused = false;      // the blob existed: a layer of another image, or the same files as in an earlier build
};

struct BuildResult {
  oci::Image image;
  std::vector<BuiltLayer> layers;  // of the image's layers, the base's included
};

// Makes the layers and writes all blobs; creates the image's documents. Does not name it: that is Store::publish(). The
// caller must hold Store::lock_for_blobs(). The same plan over the same files gives the same bytes: the store's index
// of earlier builds only saves work.
BuildResult build_image(const BuildPlan& plan, state::Store& store, const cli::Context& context);

}  // namespace fn::img
