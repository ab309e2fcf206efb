// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "cli/context.hpp"
#include "oci/image.hpp"
#include "recipe.hpp"
#include "source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// A layer of the image to be, with its sources found.
struct PlannedLayer {
  LayerRecipe recipe;
  std::vector<Source> sources;

  // The whole of it is a layer of another image, and nothing changes it: the blob is taken as it is.
  bool is_reused() const;
};

// All that an image will be made of; nothing is read yet but documents.
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
  UnixTime epoch = 0;
  bool epoch_given = false;  // SOURCE_DATE_EPOCH is set: the times in archives are clamped too
  unsigned jobs = 1;
};

// What is known of a layer once it is made.
struct BuiltLayer {
  std::uint64_t files = 0;  // entries; 0 for a reused layer
  bool reused = false;      // the blob was there: a layer of another image, or the files are those of an earlier build
};

struct Built {
  oci::Image image;
  std::vector<BuiltLayer> layers;  // of the image's layers, the base's included
};

// Makes the layers and writes all blobs; gives the image its documents. Names nothing: that is Store::publish(). The
// caller holds Store::lock_for_blobs(). The same plan over the same files gives the same bytes: what the store's index
// knows of earlier builds only saves work.
Built build_image(const BuildPlan& plan, state::Store& store, const cli::Context& context);

}  // namespace fn::img
