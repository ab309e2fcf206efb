// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image_files.hpp"
#include "package/package.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fn::img {

// Bytes of files, and how many. A file is what is no directory; hard links are one file.
struct Size {
  Bytes bytes = 0;
  std::uint64_t files = 0;

  void add(const layer::Entry& entry);
};

struct DirectorySize {
  std::string path;
  Size size;
};

struct PackageSize {
  package::Package package;
  Size size;
};

struct PackageSizes {
  std::vector<PackageSize> packages;
  Size unowned;
};

// Of what a layer has in its tar, whiteouts aside.
Size size_of(const LayerFiles& layer);
// Of what the image has.
Size size_of(const layer::Tree& tree);

// Of each directory with all that is below it, down to `depth` (1: those in the root). The largest first.
std::vector<DirectorySize> directory_sizes(const layer::Tree& tree, std::size_t depth);

// Of the files that each package has in the image; a file that two list is counted for both. What a package lists is
// looked up as the image would ("bin/ls" is usr/bin/ls where bin is a link). Below an npm package's root all is its,
// except what is below another node_modules. The largest first.
PackageSizes package_sizes(const ImageFiles& image);

}  // namespace fn::img
