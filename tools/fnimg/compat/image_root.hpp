// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_facts.hpp"
#include "layer/tree.hpp"
#include "link/root.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::img {

// The files of an image as its loader sees them. Both must outlive it, and stay as they are.
class ImageRoot final : public link::Root {
 public:
  ImageRoot(const layer::Tree& tree, const ImageFacts& facts) : tree_(tree), facts_(facts) {}

  std::optional<link::File> file(std::string_view path) const override;
  bool is_directory(std::string_view path) const override;
  // Of the files whose texts the facts have.
  std::optional<std::string> content(std::string_view path) const override;

 private:
  // The regular file to which a path leads, by its first name; null if there is none.
  const layer::Node* regular(std::string_view path) const;

  const layer::Tree& tree_;
  const ImageFacts& facts_;
};

}  // namespace fn::img
