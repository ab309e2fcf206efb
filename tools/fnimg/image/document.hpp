// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "oci/image.hpp"

#include <string>
#include <vector>

namespace fn::img {

// Text from a file, for a JSON document: escaped if it is not UTF-8.
std::string document_text(const std::string& text);

// Sets "path". If the path is not UTF-8 it is escaped there, and "path_b64" has its bytes.
void set_path(Json& object, const std::string& path);

// A layer's name for people: its annotation dev.fn.layer.name, else the first digits of its digest.
std::string layer_label(const oci::Descriptor& layer);

// {"name", "digest", "diff_id", "media_type", "size", "follows"} of layer `n`, for `build` and `inspect`.
Json layer_json(const oci::Image& image, std::size_t n);

}  // namespace fn::img
