// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/config.hpp"
#include "oci/descriptor.hpp"
#include "oci/manifest.hpp"

#include <string>

namespace fn::oci {

// An image whose documents were read and checked against each other: the input of every verb that takes a REF.
struct Image {
  Descriptor descriptor;  // of the manifest
  Manifest manifest;
  Config config;
  std::string manifest_text;
  std::string config_text;
};

// Checks what can be checked before the config is read: that this is a manifest of an image, by its descriptor as well
// as its own media type, without Docker's layer types in an OCI manifest. Throws integrity.
void check_media_types(const Image& image);

// Checks what can be checked without the layers' bytes: check_media_types(), as many diffIDs as layers, as many
// non-empty history entries as layers (or no history at all). Throws integrity.
void check_consistency(const Image& image);

}  // namespace fn::oci
