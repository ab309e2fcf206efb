// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

// An index (image-spec, image-index.md): its manifest descriptors, in order. parse_index() throws integrity; `subject`
// names the document in errors.
std::vector<Descriptor> parse_index(std::string_view text, std::string_view subject);
// The entries that are whole in the text of an index that is damaged: cut off, or with other bytes in its middle.
std::vector<Descriptor> salvage_index(std::string_view text);
std::string dump_index(const std::vector<Descriptor>& manifests);

}  // namespace fn::oci
