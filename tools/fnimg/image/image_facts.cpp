// SPDX-License-Identifier: Apache-2.0
// The tree says which member of which layer's tar each visible file is; the facts of a layer say of each member by its
// number what was learned of it. A layer that the index has no facts of, or damaged ones, is read from its blob.
#include "image/image_facts.hpp"

#include "base/error.hpp"
#include "image/layer_facts.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace fn::img {
namespace {

// The visible files of one layer: the number of the member, and where the image has it.
using Visible = std::vector<std::pair<std::size_t, std::string>>;

std::vector<Visible> visible_files(const layer::Tree& tree, std::size_t layers) {
  std::vector<Visible> visible(layers);
  for (const layer::Node& node : tree.nodes()) {
    const layer::Node& file = tree.file_of(node);
    if (file.entry.type != layer::Type::file || file.number == layer::no_entry) continue;
    visible[file.source_layer].emplace_back(file.number, node.entry.path);
  }
  for (Visible& files : visible) std::sort(files.begin(), files.end());
  return visible;
}

// Takes what a layer's segments say of visible files.
ImageFacts facts_in(const std::vector<std::string>& segments, const Visible& visible) {
  ImageFacts facts;
  std::size_t first = 0;  // member of the segment
  auto file = visible.begin();
  for (const std::string& segment : segments) {
    const SegmentFacts of_segment = unpack_segment_facts(segment);
    for (const SegmentFacts::Member& member : of_segment.known) {
      const std::size_t number = first + member.number;
      while (file != visible.end() && file->first < number) ++file;
      for (; file != visible.end() && file->first == number; ++file) {
        if (member.facts.kind == FileFacts::Kind::object)
          facts.objects.emplace(file->second, elf::unpack(member.facts.bytes));
        else
          facts.texts.emplace(file->second, member.facts.bytes);
      }
    }
    first += of_segment.members;
  }
  return facts;
}

std::optional<ImageFacts> known_facts(const state::Index& index, const oci::Descriptor& descriptor,
                                      const oci::Digest& diff_id, const Visible& visible) {
  const auto layer = index.find(descriptor.digest);
  if (!layer || layer->diff_id != diff_id || layer->size != descriptor.size) return std::nullopt;
  std::vector<std::string> segments;
  for (std::optional<std::string>& facts : index.facts(*layer, facts_form)) {
    if (!facts) return std::nullopt;
    segments.push_back(std::move(*facts));
  }
  try {
    return facts_in(segments, visible);
  } catch (const Error& error) {
    // What they would say is in the blob.
    if (error.kind() != Kind::integrity) throw;
    return std::nullopt;
  }
}

}  // namespace

ImageFacts read_image_facts(state::Store* store, const oci::Layout& layout, const oci::Image& image,
                            const ImageFiles& files, const cli::Context& context, const Limits& limits) {
  const std::vector<oci::Descriptor>& layers = image.manifest.layers;
  const std::vector<Visible> visible = visible_files(files.tree, layers.size());
  ImageFacts result;
  const auto add = [&](ImageFacts facts) {
    result.objects.merge(facts.objects);
    result.texts.merge(facts.texts);
  };
  std::vector<std::size_t> unknown;
  for (std::size_t n = 0; n < layers.size(); ++n) {
    std::optional<ImageFacts> facts;
    if (store) facts = known_facts(store->index(), layers[n], image.config.diff_ids[n], visible[n]);
    if (facts) {
      add(std::move(*facts));
    } else {
      unknown.push_back(n);
    }
  }
  const auto take = [&](std::size_t n, const FileReader::Segments& read) {
    std::vector<std::string> segments;
    // Those that are missing would come after all that there are.
    for (const state::IndexedSegment& segment : read)
      if (segment.facts) segments.push_back(segment.facts->packed);
    add(facts_in(segments, visible[n]));
  };
  FileReader(store, context, limits).read_blobs(layout, image, unknown, take);
  return result;
}

}  // namespace fn::img
