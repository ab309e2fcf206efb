// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare/causes.hpp"
#include "oci/image.hpp"

namespace fn::img {

// Where two configs differ, field by field. The diffIDs only with `diff_ids`: in a whole image the layers explain them.
void compare_configs(const oci::Image& a, const oci::Image& b, bool diff_ids, std::size_t max_examples, Causes& causes);

// Where two manifests differ, apart from the config's and the layers' digests.
void compare_manifests(const oci::Image& a, const oci::Image& b, std::size_t max_examples, Causes& causes);

// The descriptors of one layer: media type, annotations.
void compare_descriptors(const oci::Descriptor& a, const oci::Descriptor& b, const std::string& layer,
                         std::size_t max_examples, Causes& causes);

// Two documents with the same members but different bytes: blanks, order, escapes.
void compare_spelling(Level level, const std::string& a, const std::string& b, Causes& causes);

}  // namespace fn::img
