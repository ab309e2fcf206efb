// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/operand.hpp"

#include <cstddef>
#include <string>

namespace fn::img {

// Something with a digest: an image, its config or one of its layers, with the image that it is a part of.
struct Subject {
  enum class Kind { image, config, layer };
  Kind kind = Kind::image;
  Operand operand;        // has an image
  std::size_t layer = 0;  // of the image, if it is one

  const oci::Image& image() const { return *operand.image; }
  const oci::Digest& digest() const;
};

std::string_view kind_name(Subject::Kind kind);  // "image", "config", "layer"

// What `text` names: an operand that is an image, OPERAND#LAYER, or the digest (or its beginning, 6 digits or more) of
// a manifest, config or layer of an image in the state. Throws usage for a plain directory and for digests that begin
// alike; not_found with did-you-mean.
Subject open_subject(const std::string& text, const state::Store* store, const ImageChoice& choice,
                     const Limits& limits);

}  // namespace fn::img
