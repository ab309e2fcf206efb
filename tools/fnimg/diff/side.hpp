// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_files.hpp"
#include "image/operand.hpp"
#include "layer/item.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fn::img {

// One side of `diff`: an image or a directory, with its files.
struct Side {
  Operand operand;
  ImageFiles files;
  std::vector<layer::Item> items;  // of a directory: where contents are read from

  // The names of the layers; of a directory, its path.
  std::string layer_name(std::size_t layer) const;
};

// A directory's files are taken as `build` would take them: owner 0:0 (or as an ordinary user's unpack recorded it),
// times no later than SOURCE_DATE_EPOCH. If it is compared with an image, owners and times that are the image's stay,
// and so does what unpacking that image could not set. `store` and `image` may be null. Throws what reading throws.
Side read_side(Operand operand, state::Store* store, const cli::Context& context, const Limits& limits,
               const layer::Tree* image = nullptr);

// Calls `visit` with the path and the content of each of the given files of a side, in any order. Each layer of an
// image that contains one is read once, and verified.
void visit_contents(const Side& side, const std::vector<const layer::Node*>& files, const Limits& limits,
                    const std::function<void(const layer::Node&, std::string content)>& visit);

}  // namespace fn::img
