// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tree.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace fn::img {

// Some paths of an image, with all that is below them and the directories above, as entries of its layers' tars.
class ImagePart {
 public:
  // Links in the paths are followed inside the image. Throws not_found for a path that it doesn't have.
  ImagePart(const layer::Tree& tree, const std::vector<std::string>& paths);

  // Some entry of layer `n` is part of it.
  bool needs(std::size_t n) const { return layers_.contains(n); }
  // Entry number `number` of layer `n` is part of it, and then gets the path, or the link, that it has in the image.
  bool take(std::size_t n, std::size_t number, layer::Entry& entry) const;

 private:
  struct Target {
    std::string path;
    std::string link;  // of a hard link
  };
  void put(const layer::Node& node, Target target);

  std::map<std::size_t, std::unordered_map<std::size_t, Target>> layers_;
};

}  // namespace fn::img
