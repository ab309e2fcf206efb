// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_files.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fn::img {

// Bytes of files, and how many. A file is anything but a directory; hard links are one file.
struct Size {
  Bytes bytes = 0;
  std::uint64_t files = 0;

  void add(const layer::Entry& entry);
};

struct DirectorySize {
  std::string path;
  Size size;
};

// Of the files in a layer's tar, without whiteouts.
Size size_of(const LayerFiles& layer);
// Of the files of the image.
Size size_of(const layer::Tree& tree);

// Of each directory with everything below it, down to `depth` (1: those in the root). Largest first.
std::vector<DirectorySize> directory_sizes(const layer::Tree& tree, std::size_t depth);

}  // namespace fn::img
