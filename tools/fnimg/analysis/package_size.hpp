// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analysis/image_size.hpp"
#include "image/image_files.hpp"
#include "package/package.hpp"

#include <vector>

namespace fn::img {

struct PackageSize {
  package::Package package;
  Size size;
};

struct PackageSizes {
  std::vector<PackageSize> packages;
  Size unowned;
};

// Of the files that each package has in the image; a file that two list is counted for both. What a package lists is
// looked up as the image would ("bin/ls" is usr/bin/ls where bin is a link). Everything below an npm package's root
// belongs to it, except what is below another node_modules. Largest first.
PackageSizes package_sizes(const ImageFiles& image);

}  // namespace fn::img
