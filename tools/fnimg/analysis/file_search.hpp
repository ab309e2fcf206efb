// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_files.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fn::img {

// A search pattern for files: the beginning of a content's digest ("sha256:" and 6 or more digits), or else a pattern
// for their path (glob_match(); "/" in front is ignored).
class Query {
 public:
  // Throws usage for text that begins with "sha256:" but is not a digest.
  static Query parse(std::string_view text);

  bool matches(const layer::File& file) const;  // never a whiteout
  bool matches(const oci::Digest& digest) const;

 private:
  bool is_digest_ = false;
  std::string text_;
};

// A file of a layer that matched.
struct Match {
  std::size_t layer = 0;
  layer::Entry entry;   // with its path in the layer's tar
  oci::Digest digest;   // of a file's content; else empty
  bool hidden = false;  // the path doesn't lead to it in the image: a layer above hides it
};

// Searches images, which may share layers: each layer is read once, and kept while a later image has it.
class FileSearch {
 public:
  FileSearch(FileReader reader, const oci::Layout& layout, std::vector<Query> queries)
      : reader_(reader), layout_(layout), queries_(std::move(queries)) {}

  // All images that search() will be called for, once per call.
  void expect(const oci::Image& image);
  // Throws not_found, integrity.
  std::vector<Match> search(const oci::Image& image);

 private:
  using Key = std::pair<oci::Digest, oci::Digest>;  // of the blob, and the diffID that an image gives it
  struct Layer {
    std::size_t uses = 0;
    std::shared_ptr<const LayerFiles> files;
  };
  using Layers = std::vector<std::shared_ptr<const LayerFiles>>;

  static Key key(const oci::Image& image, std::size_t n);
  Layers take(const oci::Image& image);
  bool matches(const layer::File& file) const;

  FileReader reader_;
  const oci::Layout& layout_;
  std::vector<Query> queries_;
  std::map<Key, Layer> layers_;
};

}  // namespace fn::img
