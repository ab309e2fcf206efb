// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/stat_cache.hpp"
#include "oci/layout.hpp"
#include "state/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// A source of a layer's files, located but not read: DIR | ARCHIVE | FILE | - |
// image:REF[#LAYER] | channel:NAME[@VERSION] | delta:DIR.
struct Source {
  enum class Type { directory, archive, file, image, delta };
  Type type = Type::directory;
  std::string path;                  // of all but images
  std::optional<oci::Image> image;   // image
  std::optional<std::size_t> layer;  // of the image, whose blob is the source; nothing: the result of all its layers
  bool is_whole = false;             // the result of all layers, be it one

  bool is_directory() const { return type == Type::directory || type == Type::delta; }
};

// The sources that a text names, sorted: several if it is a pattern like "debs/*.deb". `store` is asked for images and
// may be null. Throws not_found (with a hint), usage.
std::vector<Source> find_sources(const std::string& text, const state::Store* store);

// The source's files, unless it is a delta (recipe/delta_source.hpp). Contents of archives wait in an unnamed file in
// the directory `spool`; `cache` knows a directory's, and may be null. Throws what reading throws.
std::vector<layer::Item> list_source(const Source& source, const oci::Layout& layout, int spool,
                                     const std::function<void(const std::string&)>& note,
                                     std::shared_ptr<layer::StatCache> cache);

}  // namespace fn::img
