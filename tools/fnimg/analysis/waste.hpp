// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "image_files.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fn::img {

// A file whose bytes a layer carries although no path of the image leads to them.
struct LostFile {
  std::string path;       // in the image, when it was last there
  std::size_t layer = 0;  // that has it
  std::size_t by = 0;     // the layer that took it away
  Bytes bytes = 0;
};

// Files of an image that have the same content, hard links aside.
struct Duplicate {
  Sha256::Value digest{};
  Bytes bytes = 0;                 // of all but the first
  std::vector<std::string> paths;  // of the lowest layer first
};

// What an image carries for nothing. Lists begin with the worst.
struct Waste {
  std::vector<LostFile> overwritten;
  std::vector<LostFile> deleted;
  std::vector<Duplicate> duplicates;
  std::vector<Bytes> layers;  // what each carries

  Bytes bytes() const;
};

Waste find_waste(const ImageFiles& image);

// A whiteout, which is no file.
bool is_whiteout(const layer::Entry& entry);

}  // namespace fn::img
