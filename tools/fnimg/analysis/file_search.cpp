// SPDX-License-Identifier: Apache-2.0
#include "analysis/file_search.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/path_lookup.hpp"
#include "layer/glob.hpp"
#include "layer/whiteout.hpp"
#include "oci/digest_prefix.hpp"
#include "sys/signal.hpp"

#include <algorithm>

namespace fn::img {
namespace {

constexpr std::string_view algorithm = "sha256:";

oci::Digest content_digest(const layer::File& file) {
  if (file.entry.type != layer::Type::file) return {};
  return file.entry.size > 0 ? oci::Digest(file.content.digest) : oci::Digest::of("");
}

bool is_visible(const layer::Tree& tree, const Match& match) {
  const auto place = find_path_if_there(tree, match.entry.path, Follow::parents);
  return place && place->node && place->node->layer == match.layer;
}

}  // namespace

Query Query::parse(std::string_view text) {
  Query query;
  if (text.starts_with(algorithm)) {
    if (!oci::digest_prefix(text))
      fail_hint(Kind::usage, fmt::format("give {} to 64 hexadecimal digits", oci::min_digest_digits),
                "'{}' is not a digest or the start of one", printable(text));
    query.is_digest_ = true;
  } else {
    while (text.starts_with('/') || text.starts_with("./")) text.remove_prefix(text.starts_with('/') ? 1 : 2);
    if (text.empty()) fail(Kind::usage, "an empty pattern matches no path");
  }
  query.text_ = text;
  return query;
}

bool Query::matches(const layer::File& file) const {
  if (layer::is_whiteout(file.entry.path)) return false;
  if (!is_digest_) return layer::glob_match(text_, file.entry.path);
  return file.entry.type == layer::Type::file && matches(content_digest(file));
}

bool Query::matches(const oci::Digest& digest) const {
  return is_digest_ && digest.str().starts_with(text_);
}

FileSearch::Key FileSearch::key(const oci::Image& image, std::size_t n) {
  return {image.manifest.layers[n].digest, image.config.diff_ids[n]};
}

void FileSearch::expect(const oci::Image& image) {
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) ++layers_[key(image, n)].uses;
}

FileSearch::Layers FileSearch::take(const oci::Image& image) {
  Layers layers;
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
    const Key name = key(image, n);
    Layer& layer = layers_.at(name);
    if (!layer.files)
      layer.files = std::make_shared<const LayerFiles>(
          reader_.read_layer(layout_, image.manifest.layers[n], image.config.diff_ids[n]));
    layers.push_back(layer.files);
    if (--layer.uses == 0) layers_.erase(name);
  }
  return layers;
}

bool FileSearch::matches(const layer::File& file) const {
  return std::any_of(queries_.begin(), queries_.end(), [&](const Query& query) { return query.matches(file); });
}

std::vector<Match> FileSearch::search(const oci::Image& image) {
  const Layers layers = take(image);
  std::vector<Match> found;
  for (std::size_t n = 0; n < layers.size(); ++n) {
    sys::check_interrupt();
    for (const layer::File& file : layers[n]->files)
      if (matches(file)) found.push_back({n, file.entry, content_digest(file), false});
  }
  if (found.empty()) return found;
  layer::Tree tree;
  for (std::size_t n = 0; n < layers.size(); ++n)
    while_doing([&] { return fmt::format("layer '{}'", image.manifest.layers[n].digest.str()); },
                [&] { tree.add_layer(layers[n]->files); });
  for (Match& match : found) match.hidden = !is_visible(tree, match);
  return found;
}

}  // namespace fn::img
