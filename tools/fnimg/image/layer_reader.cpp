// SPDX-License-Identifier: Apache-2.0
#include "image/layer_reader.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "layer/verified_layer.hpp"
#include "sys/signal.hpp"

#include <map>
#include <vector>

namespace fn::img {

void visit_layer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                 const Limits& limits, const VisitEntry& visit) {
  layer::VerifiedLayer verified(layout, descriptor, diff_id, limits.expansion);
  layer::TarReader reader(verified.tar(), limits.tar);
  try {
    while (const auto entry = reader.next()) {
      sys::check_interrupt();
      visit(*entry, reader);
    }
  } catch (const Error& error) {
    // What the stream says of itself names the layer already.
    const std::string subject = fmt::format("layer '{}'", descriptor.digest.str());
    if (std::string_view(error.what()).starts_with(subject)) throw;
    throw error.within(subject);
  }
  verified.finish();
}

void visit_files(const oci::Layout& layout, const oci::Image& image, std::span<const layer::Node* const> files,
                 const Limits& limits, const VisitFile& visit) {
  std::map<std::size_t, std::map<std::size_t, const layer::Node*>> wanted;  // of each layer, by number
  for (const layer::Node* file : files) wanted[file->source_layer].emplace(file->number, file);
  for (const auto& [n, by_number] : wanted) {
    auto next = by_number.begin();
    const auto end = by_number.end();
    std::size_t number = 0;
    visit_layer(layout, image.manifest.layers[n], image.config.diff_ids[n], limits,
                [&](const layer::Entry&, layer::TarReader& reader) {
                  if (next == end || next->first != number++) return;
                  visit(*next++->second, reader);
                });
    if (next != end)
      fail(Kind::integrity, "layer '{}' changed while it was being read", image.manifest.layers[n].digest.str());
  }
}

std::string content_of(const layer::Node& file, layer::TarReader& reader) {
  std::string content(file.entry.size, '\0');
  std::span<std::byte> rest = std::as_writable_bytes(std::span(content));
  while (const std::size_t got = reader.read(rest)) rest = rest.subspan(got);
  return content;
}

std::size_t find_layer(const oci::Image& image, std::string_view text, std::string_view reference) {
  const std::vector<oci::Descriptor>& layers = image.manifest.layers;
  std::vector<std::string> labels;
  for (const oci::Descriptor& layer : layers) labels.push_back(layer_label(layer));
  for (std::size_t n = 0; n < layers.size(); ++n)
    if (labels[n] == text) return n;
  for (std::size_t n = 0; n < layers.size(); ++n)
    if (layers[n].digest.str() == text || layers[n].digest.brief() == text || std::to_string(n) == text) return n;
  fail_hint(Kind::not_found, did_you_mean(text, labels, fmt::format("see 'fnimg inspect {}'", printable(reference))),
            "image '{}' has no layer '{}'", printable(reference), printable(text));
}

}  // namespace fn::img
