// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "image/limits.hpp"
#include "layer/rows.hpp"
#include "layer/tree.hpp"
#include "oci/layout.hpp"
#include "package/package.hpp"
#include "state/store.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fn::img {

// A layer's files in the order of its tar, whiteouts included, and the packages listed by package managers' files in
// it.
struct LayerFiles {
  std::vector<layer::File> files;
  std::vector<state::PackageList> package_lists;
};

// An image's files: of each layer, lowest first, and of the stack. Only movable as a whole: the tree refers to the
// layers' contents, or to those beside it.
struct ImageFiles {
  std::vector<LayerFiles> layers;
  std::deque<layer::Content> contents;
  layer::Tree tree;

  // The packages installed in the image: from files that no layer above hides.
  std::vector<package::Package> packages() const;
};

// Reads images' files, from the index where it knows their layers. A layer that is not in the index is read from its
// blob, which verifies it, and added to the index if it belongs to the store and the store is writable.
class FileReader {
 public:
  enum class Learn { yes, no };  // no: a dry run leaves the index as it is, too
  // `store` may be null: then there is no index.
  FileReader(state::Store* store, const cli::Context& context, const Limits& limits, Learn learn = Learn::yes)
      : store_(store), context_(context), limits_(limits), learn_(learn) {}

  // What is read of an image: its tree alone takes half of the memory, and leaves the layers' lists of files empty.
  enum class Detail { tree, layers };
  // Throws not_found, integrity.
  ImageFiles read(const oci::Layout& layout, const oci::Image& image, Detail detail = Detail::tree);
  // The index has all of its layers: read() will be fast.
  bool knows(const oci::Image& image) const;
  // Reads layers, given by their numbers, side by side from their blobs, and keeps them; `take` gets each in order.
  using Segments = std::vector<state::IndexedSegment>;
  void read_blobs(const oci::Layout& layout, const oci::Image& image, std::span<const std::size_t> layers,
                  const std::function<void(std::size_t, Segments)>& take) const;
  LayerFiles read_layer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id);

 private:
  // A layer as the index has it: a text for each segment.
  struct LayerRows {
    std::vector<std::string> rows;
    std::vector<state::PackageList> package_lists;
  };

  std::optional<LayerRows> find(const oci::Descriptor& descriptor, const oci::Digest& diff_id);
  Segments read_blob(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id) const;
  void keep(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
            const Segments& segments) const;
  static LayerRows rows_of(Segments segments);

  state::Store* store_;
  const cli::Context& context_;
  const Limits& limits_;
  Learn learn_;
};

}  // namespace fn::img
