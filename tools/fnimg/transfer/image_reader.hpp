// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/decompress.hpp"
#include "oci/layout.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// An image from elsewhere. Its documents and blobs are in our layout, with digests checked, but not named yet.
struct ForeignImage {
  oci::Image image;
  std::vector<std::string> names;     // NAME:TAG, its names there
  std::vector<std::string> unusable;  // what should be names there and can be none
};

// An image of an OCI layout, with its blobs left in place; only the documents are read. `wanted` is the name of one of
// several images; an index gives its image for `platform`. Throws not_found, usage (which one?), integrity.
ForeignImage find_in_layout(const oci::Layout& layout, const std::optional<std::string>& wanted,
                            const oci::Platform& platform);

// The same from the layout at `path`, its blobs copied into `to`. Documents and layers keep their bytes.
ForeignImage copy_from_layout(const std::string& path, const std::optional<std::string>& wanted,
                              const oci::Platform& platform, const oci::Layout& to);

// From an OCI layout or a `docker save` (of 1.10 and later) in an archive ("-": stdin), read once from front to end. A
// docker-archive has no manifest: it gets one, around the config's and the layers' own bytes.
ForeignImage copy_from_archive(const std::string& path, const std::optional<std::string>& wanted,
                               const oci::Platform& platform, const layer::ExpansionLimits& limits,
                               const oci::Layout& to);

}  // namespace fn::img
