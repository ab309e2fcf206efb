// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/tree.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace fn::layer {

// What makes of an image's files those of a directory.
struct Delta {
  std::vector<Item> items;  // what is new or differs, with all names of a file, sorted by path
  std::vector<Item> gone;   // entries of the image that are not there any more, without what is below one of them
  std::size_t deleted = 0;  // files of the image that are not there any more
  bool is_related = true;   // the two have something in common, or are empty
};

// The difference between an image and a directory that it was unpacked into and that was edited then, or an upper
// directory of overlayfs over it: `listed`, as list_directory() gives it. What unpacking could not set is no difference
// (layer/unpacked.hpp). Of two files with one size the contents are read, by so many threads, if they are not known.
//
// With `latest`, times are not looked at: what is not rewritten has the image's, and later ones of the rest are clamped
// to `latest`. Without, a time is a difference like any other.
Delta delta_to(std::vector<Item> listed, const Tree& image, std::optional<std::int64_t> latest, unsigned threads);

}  // namespace fn::layer
