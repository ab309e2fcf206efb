// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/causes.hpp"
#include "compare/layers.hpp"
#include "diff/side.hpp"
#include "layer/diff.hpp"
#include "package/package.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// A package that is in one image only, or in both with different versions.
struct PackageChange {
  std::optional<package::Package> before;
  std::optional<package::Package> after;
  int direction = 0;  // if it is in both: > 0 an upgrade, < 0 a downgrade
  const package::Package& package() const { return after ? *after : *before; }
};

// How much a node that has A would fetch for B.
struct Fetch {
  std::uint64_t layers = 0;  // whole blobs, as registries serve them
  Bytes layer_bytes = 0;
  std::uint64_t chunks = 0;  // of 512 KiB at most, of files' contents
  Bytes chunk_bytes = 0;
  std::uint64_t known_chunks = 0;  // of B that A has too
  Bytes known_bytes = 0;
};

// Sums over the files that differ.
struct FileSums {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t modified = 0;  // in something other than time
  std::uint64_t time_only = 0;
  Bytes added_bytes = 0;    // of new files, and the growth of others
  Bytes removed_bytes = 0;  // of removed files, and the shrinkage of others
};

// All differences between two sides. Config and layers are compared if both are images.
struct ImageDiff {
  Causes config;
  std::vector<LayerPair> layers;  // those that are not the same blob
  std::vector<layer::Change> files;
  std::vector<PackageChange> packages;
  Fetch fetch;
  FileSums sums;

  bool is_empty() const { return config.empty() && layers.empty() && files.empty() && packages.empty(); }
};

// `a` and `b` must outlive the result, which refers to their trees.
ImageDiff diff_images(const Side& a, const Side& b, layer::Aspects ignored);

}  // namespace fn::img
