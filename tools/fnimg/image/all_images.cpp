// SPDX-License-Identifier: Apache-2.0
#include "image/all_images.hpp"

#include "base/error.hpp"
#include "oci/index.hpp"

#include <iterator>

namespace fn::img {
namespace {

constexpr int max_nesting = 4;  // of indexes, as oci::Layout::load()

std::vector<oci::Image> images_at(const oci::Layout& layout, const oci::Descriptor& descriptor, int depth) {
  std::vector<oci::Image> images;
  try {
    if (!oci::is_index(descriptor.media_type)) return {layout.load(descriptor)};
    if (depth > max_nesting) return {};
    for (const oci::Descriptor& entry : oci::parse_index(layout.read_blob(descriptor), "index")) {
      std::vector<oci::Image> more = images_at(layout, entry, depth + 1);
      std::move(more.begin(), more.end(), std::back_inserter(images));
    }
  } catch (const Error&) {
  }
  return images;
}

}  // namespace

std::vector<oci::Image> images_of(const oci::Layout& layout, const oci::Descriptor& descriptor) {
  return images_at(layout, descriptor, 1);
}

}  // namespace fn::img
