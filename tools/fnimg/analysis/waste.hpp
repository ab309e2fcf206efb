// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "image/image_files.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fn::img {

// A file whose bytes a layer carries although no path of the image leads to them.
struct LostFile {
  std::string path;       // in the image, when it was last there
  std::size_t layer = 0;  // the layer that has it
  std::size_t by = 0;     // the layer that removed or replaced it
  Bytes bytes = 0;
};

// Files of an image that have the same content, hard links aside.
struct Duplicate {
  Sha256::Value digest{};
  Bytes bytes = 0;                 // of all but the first
  std::vector<std::string> paths;  // of the lowest layer first
};

// The bytes that an image wastes. Lists begin with the worst.
struct Waste {
  std::vector<LostFile> overwritten;
  std::vector<LostFile> deleted;
  std::vector<Duplicate> duplicates;
  std::vector<Bytes> layers;  // wasted bytes of each

  Bytes bytes() const;
};

Waste find_waste(const ImageFiles& image);

}  // namespace fn::img
