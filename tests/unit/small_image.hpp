// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/index.hpp"
#include "oci/layout.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fn {

// An image of one layer that holds `content`, its blobs stored in the layout.
inline oci::Image small_image(const oci::Layout& layout, const std::string& content,
                              const oci::Platform& platform = oci::Platform::host()) {
  oci::Image image;
  oci::Descriptor layer = layout.put(content, oci::media::layer);
  layer.annotations = {{std::string(oci::annotation::layer_name), "code"},
                       {std::string(oci::annotation::layer_follow), "main"}};
  image.config.created = "1970-01-01T00:00:00Z";
  image.config.platform = platform;
  image.config.diff_ids = {layer.digest};
  image.config_text = image.config.dump();
  image.manifest.config = layout.put(image.config_text, oci::media::config);
  image.manifest.layers = {std::move(layer)};
  image.manifest_text = image.manifest.dump();
  image.descriptor = layout.put(image.manifest_text, oci::media::manifest);
  return image;
}

// An index of these images, each with its platform, stored in the layout.
inline oci::Descriptor small_index(const oci::Layout& layout, const std::vector<oci::Image>& images) {
  std::vector<oci::Descriptor> entries;
  for (const oci::Image& image : images) {
    entries.push_back(image.descriptor);
    entries.back().platform = image.config.platform;
  }
  return layout.put(oci::dump_index(entries), oci::media::index);
}

}  // namespace fn
