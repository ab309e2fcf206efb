// SPDX-License-Identifier: Apache-2.0
#include "compare/layers.hpp"

#include "base/error.hpp"
#include "base/units.hpp"
#include "compare/codec.hpp"
#include "compare/entry_order.hpp"
#include "compare/tars.hpp"
#include "image/document.hpp"
#include "layer/verified_layer.hpp"

#include <algorithm>

namespace fn::img {
namespace {

class Pairing {
 public:
  Pairing(const oci::Image& a, const oci::Image& b) : a_(a), b_(b) {
    in_a_.resize(a.manifest.layers.size());
    taken_b_.resize(b.manifest.layers.size());
  }

  std::vector<LayerPair> run() {
    match([&](std::size_t a, std::size_t b) { return !name(a_, a).empty() && name(a_, a) == name(b_, b); });
    match([&](std::size_t a, std::size_t b) { return a_.manifest.layers[a].digest == b_.manifest.layers[b].digest; });
    match([&](std::size_t a, std::size_t b) { return a_.config.diff_ids[a] == b_.config.diff_ids[b]; });
    match([](std::size_t, std::size_t) { return true; });
    std::vector<LayerPair> pairs;
    for (std::size_t a = 0; a < in_a_.size(); ++a) pairs.push_back({a, in_a_[a]});
    for (std::size_t b = 0; b < taken_b_.size(); ++b)
      if (!taken_b_[b]) pairs.push_back({std::nullopt, b});
    return pairs;
  }

 private:
  static std::string name(const oci::Image& image, std::size_t n) {
    return image.manifest.layers[n].annotation(oci::annotation::layer_name);
  }

  template <typename Same>
  void match(const Same& same) {
    for (std::size_t a = 0; a < in_a_.size(); ++a)
      for (std::size_t b = 0; b < taken_b_.size() && !in_a_[a]; ++b)
        if (!taken_b_[b] && same(a, b)) {
          in_a_[a] = b;
          taken_b_[b] = true;
        }
  }

  const oci::Image& a_;
  const oci::Image& b_;
  std::vector<std::optional<std::size_t>> in_a_;  // the partner of each layer of A
  std::vector<bool> taken_b_;
};

Cause manifest_cause(std::string what, Tally& tally, std::string text) {
  return {.level = Level::manifest,
          .layer = {},
          .what = std::move(what),
          .count = tally.count(),
          .text = std::move(text),
          .hint = {},
          .examples = tally.take()};
}

std::string size_text(const oci::Descriptor& layer) {
  return fmt::format("{}, {}", layer.digest.brief(), human_bytes(layer.size));
}

std::string error_name(const oci::Descriptor& layer) {
  return fmt::format("layer '{}'", layer.digest.str());
}

}  // namespace

std::vector<LayerPair> pair_layers(const oci::Image& a, const oci::Image& b) {
  return Pairing(a, b).run();
}

void compare_layer_lists(const oci::Image& a, const oci::Image& b, const std::vector<LayerPair>& pairs,
                         std::size_t max_examples, Causes& causes) {
  Tally alone(max_examples);
  EntryOrder order;
  for (const LayerPair& pair : pairs) {
    if (pair.a && pair.b) {
      order.add(layer_label(a.manifest.layers[*pair.a]), *pair.a, *pair.b);
    } else if (pair.a) {
      const oci::Descriptor& layer = a.manifest.layers[*pair.a];
      alone.add(layer_label(layer), size_text(layer), "-");
    } else {
      const oci::Descriptor& layer = b.manifest.layers[*pair.b];
      alone.add(layer_label(layer), "-", size_text(layer));
    }
  }
  if (alone.count() > 0)
    causes.push_back(
        manifest_cause("layers", alone,
                       fmt::format("A has {}, B has {}; {}", counted(a.manifest.layers.size(), "layer", "layers"),
                                   grouped(b.manifest.layers.size()),
                                   counted(alone.count(), "layer has no counterpart", "layers have no counterpart"))));
  Tally moved(max_examples);
  if (order.moved(moved) > 0)
    causes.push_back(manifest_cause("layer_order", moved, "the same layers in a different order"));
}

void compare_layer(const LayerSide& side_a, std::size_t layer_a, const LayerSide& side_b, std::size_t layer_b,
                   const Limits& limits, std::size_t max_examples, Causes& causes) {
  const oci::Descriptor& blob_a = side_a.image.manifest.layers[layer_a];
  const oci::Descriptor& blob_b = side_b.image.manifest.layers[layer_b];
  if (blob_a.digest == blob_b.digest) return;
  const oci::Digest& diff_id_a = side_a.image.config.diff_ids[layer_a];
  const oci::Digest& diff_id_b = side_b.image.config.diff_ids[layer_b];
  const std::string label = layer_label(blob_a);
  layer::VerifiedLayer a(side_a.layout, blob_a, diff_id_a, limits.expansion);
  layer::VerifiedLayer b(side_b.layout, blob_b, diff_id_b, limits.expansion);
  const bool same_tar = diff_id_a == diff_id_b;
  if (same_tar) {
    a.finish();
    b.finish();
  } else {
    compare_tars({a.tar(), error_name(blob_a)}, {b.tar(), error_name(blob_b)}, limits.tar, label, max_examples, causes);
    a.finish();
    b.finish();
  }
  const std::size_t before = causes.size();
  compare_codecs(read_blob_form(side_a.layout, blob_a, a.parts()), read_blob_form(side_b.layout, blob_b, b.parts()),
                 same_tar, label, causes);
  if (same_tar && causes.size() > before)
    causes[before].text += fmt::format("; both hold the same tar (diffID {})", diff_id_a.brief());
}

}  // namespace fn::img
