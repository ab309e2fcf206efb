// SPDX-License-Identifier: Apache-2.0
// An image's files are the rows of its layers, stacked. Layers that the index knows cost a query and a digest of the
// rows; the others are read from their blobs, as many at a time as there are processors, each in a thread of its own
// that touches no database. This thread then takes them in order, puts each into the index, and adds all to the tree.
//
// Reading proves a layer (size, digest, diffID, the rules of tar), and only then is it kept. Who may not write to the
// state, or would have to wait too long for it, gets the same answer without keeping it.
#include "image/image_files.hpp"

#include "base/error.hpp"
#include "image/layer_index.hpp"
#include "package/cache.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <set>
#include <utility>

namespace fn::img {
namespace {

// The members of layers that lie elsewhere in the tree than in their tar: through a link, as "lib/apk" where lib leads
// to usr/lib, or by another of their names.
using Moved = std::set<std::pair<std::size_t, std::string_view>>;

Moved moved_members(const layer::Tree& tree) {
  Moved moved;
  for (const auto& [path, member] : tree.members()) moved.emplace(tree.find(path)->source_layer, member);
  return moved;
}

// The file at this path of a layer is what the image has there.
bool is_visible(const layer::Tree& tree, const Moved& moved, const std::string& path, std::size_t layer) {
  if (const layer::Node* node = tree.find(path); node && node->source_layer == layer && !tree.members().contains(path))
    return true;
  return moved.contains({layer, path});
}

}  // namespace

std::vector<package::Package> ImageFiles::packages() const {
  std::vector<package::Package> parts;
  const Moved moved = moved_members(tree);
  for (std::size_t n = 0; n < layers.size(); ++n) {
    for (const state::PackageList& list : layers[n].package_lists) {
      if (!is_visible(tree, moved, list.path, n)) continue;
      std::vector<package::Package> more = package::decode(list.packages);
      std::move(more.begin(), more.end(), std::back_inserter(parts));
    }
  }
  return package::combine(std::move(parts));
}

std::optional<FileReader::LayerRows> FileReader::find(const oci::Descriptor& descriptor, const oci::Digest& diff_id) {
  if (!store_) return std::nullopt;
  const state::Index index = store_->index();
  try {
    auto rows = index.files_of(descriptor, diff_id);
    if (!rows) return std::nullopt;
    return LayerRows{.rows = std::move(*rows), .package_lists = index.package_lists(*index.find(descriptor.digest))};
  } catch (const Error& error) {
    // A corrupt index is rebuilt.
    if (error.kind() != Kind::integrity) throw;
    return std::nullopt;
  }
}

bool FileReader::knows(const oci::Image& image) const {
  if (!store_) return false;
  const state::Index index = store_->index();
  return std::all_of(image.manifest.layers.begin(), image.manifest.layers.end(),
                     [&](const oci::Descriptor& layer) { return index.find(layer.digest).has_value(); });
}

FileReader::Segments FileReader::read_blob(const oci::Layout& layout, const oci::Descriptor& descriptor,
                                           const oci::Digest& diff_id) const {
  return read_segments(layout, descriptor, diff_id, limits_, [this](const std::string& text) { context_.note(text); });
}

FileReader::LayerRows FileReader::rows_of(Segments segments) {
  LayerRows layer;
  for (state::IndexedSegment& segment : segments) {
    layer.rows.push_back(std::move(segment.files));
    std::move(segment.package_lists.begin(), segment.package_lists.end(), std::back_inserter(layer.package_lists));
  }
  return layer;
}

void FileReader::keep(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                      const Segments& segments) const {
  if (learn_ == Learn::no || !store_ || layout.path() != store_->layout().path()) return;
  try {
    state::Store writer =
        state::Store::open(context_.home, state::Store::Access::write, context_.lock_timeout, context_.notes());
    const sys::FileLock lock = writer.lock_for_blobs();
    // A gc may have removed it meanwhile.
    if (layout.blob_size(descriptor.digest)) {
      state::Index index = writer.index();
      index_read(index, descriptor, diff_id, segments);
    }
  } catch (const Error& error) {
    // Without write access, or if it would have to wait, it is read again next time.
    if (context_.verbose) context_.note(fmt::format("the index was not updated: {}", error.what()));
  }
}

// As many at a time as there are processors.
void FileReader::read_blobs(const oci::Layout& layout, const oci::Image& image, std::span<const std::size_t> numbers,
                            const std::function<void(std::size_t, Segments)>& take) const {
  if (numbers.empty()) return;
  const std::vector<oci::Descriptor>& layers = image.manifest.layers;
  const std::vector<oci::Digest>& diff_ids = image.config.diff_ids;
  Bytes bytes = 0;
  for (const std::size_t n : numbers) bytes += layers[n].size;
  context_.progress.phase("reading layers", bytes);
  for (std::size_t first = 0; first < numbers.size(); first += context_.jobs) {
    std::vector<std::future<Segments>> readers;
    for (std::size_t i = first; i < std::min<std::size_t>(numbers.size(), first + context_.jobs); ++i)
      readers.push_back(std::async(std::launch::async, [&, n = numbers[i]] {
        Segments segments = read_blob(layout, layers[n], diff_ids[n]);
        context_.progress.advance(layers[n].size);
        return segments;
      }));
    for (std::size_t i = 0; i < readers.size(); ++i) {
      const std::size_t n = numbers[first + i];
      Segments segments = readers[i].get();
      keep(layout, layers[n], diff_ids[n], segments);
      take(n, std::move(segments));
    }
  }
  context_.progress.finish();
}

LayerFiles FileReader::read_layer(const oci::Layout& layout, const oci::Descriptor& descriptor,
                                  const oci::Digest& diff_id) {
  auto layer = find(descriptor, diff_id);
  if (!layer) {
    Segments segments = read_blob(layout, descriptor, diff_id);
    keep(layout, descriptor, diff_id, segments);
    layer = rows_of(std::move(segments));
  }
  return {.files = files_in(layer->rows), .package_lists = std::move(layer->package_lists)};
}

ImageFiles FileReader::read(const oci::Layout& layout, const oci::Image& image, Detail detail) {
  const std::vector<oci::Descriptor>& layers = image.manifest.layers;
  const std::size_t count = layers.size();
  std::vector<std::optional<LayerRows>> found(count);
  std::vector<std::size_t> unknown;
  for (std::size_t n = 0; n < count; ++n) {
    found[n] = find(layers[n], image.config.diff_ids[n]);
    if (!found[n]) unknown.push_back(n);
  }
  read_blobs(layout, image, unknown,
             [&](std::size_t n, Segments segments) { found[n] = rows_of(std::move(segments)); });
  ImageFiles result;
  result.layers.reserve(count);
  for (std::size_t n = 0; n < count; ++n) {
    LayerRows layer = std::move(*found[n]);
    while_doing([&] { return fmt::format("layer '{}'", layers[n].digest.str()); },
                [&] {
                  LayerFiles& files = result.layers.emplace_back();
                  files.package_lists = std::move(layer.package_lists);
                  if (detail == Detail::tree) return apply_rows(std::move(layer.rows), result.tree, &result.contents);
                  files.files = files_in(layer.rows);
                  result.tree.add_layer(files.files);
                });
  }
  return result;
}

}  // namespace fn::img
