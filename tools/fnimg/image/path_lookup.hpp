// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_reader.hpp"
#include "layer/tree.hpp"
#include "limits.hpp"
#include "oci/layout.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fn::img {

// Called for each entry of a layer, in the order of the tar; may read the entry's content.
using VisitEntry = std::function<void(const layer::Entry&, layer::TarReader&)>;

// Reads one layer to its end and proves it: size, digest, diffID and the rules of tar. What `visit` was given counts
// only when this returned. Throws not_found, integrity.
void read_layer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                const Limits& limits, const VisitEntry& visit);

// The layer (0 is the lowest) that `text` means: its name, its number, its digest or what tables show of that. Throws
// not_found with did-you-mean. `reference` is for the message.
std::size_t find_layer(const oci::Image& image, std::string_view text, std::string_view reference);

// A path of an image after links: nothing in it is a symbolic link, except the last component with Follow::parents.
struct Place {
  std::string path;
  const layer::Node* node = nullptr;  // null: the root, if no layer describes it
  bool is_directory() const { return !node || node->entry.type == layer::Type::directory; }
};

enum class Follow { parents, all };

// Finds a path as the image's own root would: absolute links begin at the root, ".." doesn't leave it. A trailing "/"
// follows the last link as well. Throws not_found with did-you-mean; more than 40 links too.
Place find_path(const layer::Tree& tree, std::string_view path, Follow follow);
// The same without a reason.
std::optional<Place> find_path_if_there(const layer::Tree& tree, std::string_view path, Follow follow);

}  // namespace fn::img
