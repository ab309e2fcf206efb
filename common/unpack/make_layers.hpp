// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/decompress.hpp"
#include "layer/tar_reader.hpp"
#include "layer/whiteout.hpp"
#include "oci/layout.hpp"
#include "rootfs/layer_store.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fn::unpack {

struct MakeOptions {
  unsigned threads = 2;  // that write file contents
  layer::TarLimits tar = {};
  layer::ExpansionLimits expansion = {};
  // What layer `index` (from 0) hides, if that is known; else it is read twice.
  std::function<std::optional<layer::Whiteouts>(std::size_t index)> whiteouts = {};
  // Called before layer `number` (from 1) of `count` is made; not for one that exists.
  std::function<void(std::size_t number, std::size_t count)> progress = {};
};

// The directories of the image's layers, lowest first, after making the missing ones. Digest and diffID of a layer are
// verified before its directory gets its name. Waits for another process that is making the same one. As an ordinary
// user, files belong to the caller (layer/apply.hpp). Throws integrity, not_found (a blob), failure, unsupported;
// unfinished directories are then removed.
std::vector<std::string> make_layers(const rootfs::LayerStore& store, const oci::Layout& layout,
                                     const oci::Image& image, const MakeOptions& options);

}  // namespace fn::unpack
