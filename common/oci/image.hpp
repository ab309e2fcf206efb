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
// as its own media type. Docker's layer types stand in OCI manifests (kaniko, crane append) and the other way round:
// both say the same of the bytes. Throws integrity.
void check_media_types(const Image& image);

// Checks what can be checked without the layers' bytes: check_media_types(), and as many diffIDs as layers. The history
// is optional and often incomplete (umoci insert --no-history, kaniko, jib), so nothing is made of it. Throws
// integrity.
void check_consistency(const Image& image);

// Makes the texts of config and manifest, in our own form, and the descriptors that name them. Checks consistency.
void make_documents(Image& image);

}  // namespace fn::oci
