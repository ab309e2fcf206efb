// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "recipe/builder.hpp"
#include "state/store.hpp"

#include <string>
#include <vector>

namespace fn::img {

// What a version of a channel, or the new layer of an update, is made of.
struct VersionSource {
  oci::Image image;  // it is this image; if `plan` has layers, it is built
  BuildPlan plan;

  bool is_built() const { return !plan.layers.empty(); }
};

// Locates the sources. image:REF and channel:NAME[@VERSION] alone are those images, whole; all others become one layer
// of the given name, as `build` makes it. Throws not_found, usage; unsupported for an index.
struct SourceWish {
  std::vector<std::string> sources;
  std::string layer;
  layer::Codec codec;
  oci::Platform platform;  // of what is built
};
VersionSource find_version_source(const SourceWish& wish, const state::Store* store, const cli::Context& context);

// Builds it, unless its layers are there: then its documents may not be; the caller holds the lock for blobs.
oci::Image make_version(const VersionSource& source, state::Store& store, const cli::Context& context);

}  // namespace fn::img
