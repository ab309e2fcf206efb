// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/limits.hpp"
#include "oci/layout.hpp"
#include "state/store.hpp"
#include "sys/tempdir.hpp"

#include <memory>
#include <optional>
#include <string>

namespace fn::img {

// One side of a comparison, as named by the user: an image, wherever it is, or a plain directory.
struct Operand {
  std::string text;                           // as it was given
  std::optional<oci::Image> image;            // none: a plain directory
  oci::Digest named;                          // of the manifest, or of the index that led to it; empty for a directory
  std::string directory;                      // the plain directory
  std::shared_ptr<const oci::Layout> layout;  // where the image's blobs are
  std::shared_ptr<const sys::TempDir> temporary;  // holds the layout of an archive; removed with the last copy
};

// Selects one of several images in a file.
struct ImageChoice {
  std::optional<std::string> name;
  oci::Platform platform = oci::Platform::host();
};

// Opens a reference of the state (NAME:TAG, a digest or its beginning), an OCI layout (read in place), an oci-archive
// or docker-archive ("-": stdin; copied beneath TMPDIR) or a plain directory. A reference wins over a file of the same
// name; text that begins with "/", "./" or "../" is a path. `store` may be null. Throws not_found with did-you-mean,
// usage (which image?), integrity.
Operand open_operand(const std::string& text, const state::Store* store, const ImageChoice& choice,
                     const Limits& limits);

}  // namespace fn::img
