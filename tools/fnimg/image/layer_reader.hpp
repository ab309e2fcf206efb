// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/limits.hpp"
#include "layer/tar_reader.hpp"
#include "layer/tree.hpp"
#include "oci/layout.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace fn::img {

// Called for each entry of a layer, in the order of the tar; may read the entry's content.
using VisitEntry = std::function<void(const layer::Entry&, layer::TarReader&)>;

// Reads one layer to its end and verifies it: size, digest, diffID and tar structure. The data given to `visit` may be
// trusted only after this returns. Throws not_found, integrity.
void visit_layer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                 const Limits& limits, const VisitEntry& visit);

// Files of an image's tree, from the layers that have them: each layer once, in the order of its tar. `visit` may read
// the content, which may be trusted only after this returns. Throws as visit_layer() does.
using VisitFile = std::function<void(const layer::Node&, layer::TarReader&)>;
void visit_files(const oci::Layout& layout, const oci::Image& image, std::span<const layer::Node* const> files,
                 const Limits& limits, const VisitFile& visit);
// The whole content of the file that is visited.
std::string content_of(const layer::Node& file, layer::TarReader& reader);

// The layer (0 is the lowest) that `text` means: its name, its number, its digest or the short form that tables show.
// Throws not_found with did-you-mean. `reference` is for the message.
std::size_t find_layer(const oci::Image& image, std::string_view text, std::string_view reference);

}  // namespace fn::img
