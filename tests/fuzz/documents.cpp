// SPDX-License-Identifier: Apache-2.0
// Manifest, config and index: what is parsed and written keeps its form when it is parsed again. Two documents, with a
// form feed between them, are the manifest and the config of one image.
#include "fuzz.hpp"
#include "oci/image.hpp"
#include "oci/index.hpp"
#include "oci/layout.hpp"

using namespace fn;
using namespace fn::oci;

namespace {

template <typename Document>
std::optional<Document> parse(std::string_view text) {
  auto document = fuzz::accepted([&] { return Document::parse(text, "the input"); });
  if (!document) return std::nullopt;
  const std::string form = document->dump();
  fuzz::require(Document::parse(form, "our own form").dump() == form, "our own form changes");
  return document;
}

bool says_nothing(const Json& value) {
  return value == Json() || value == Json("") || value == Json::array() || value == Json::object();
}

// What we don't know of a config is kept.
void check_members(std::string_view text, const Config& config) {
  const Json form = Json::parse(config.dump(), "our own form");
  const Json json = Json::parse(text, "the input");
  for (const auto& [key, value] : json.as_object())
    fuzz::require(says_nothing(value) || form.find(key), "a member of the config is lost");
}

void parse_as_index(std::string_view text) {
  const auto entries = fuzz::accepted([&] { return parse_index(text, "the input"); });
  if (!entries) return;
  const std::string form = dump_index(*entries);
  const std::vector<Descriptor> again = parse_index(form, "our own form");
  fuzz::require(again.size() == entries->size(), "another number of entries");
  fuzz::require(dump_index(again) == form, "our own form changes");
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  const std::size_t end = std::min(input.find('\f'), input.size());
  const std::string_view first = input.substr(0, end);
  auto manifest = parse<Manifest>(first);
  const bool is_index = accepted([&] { return parse_index(first, "the input"); }).has_value();
  require(!manifest || !is_index, "it is a manifest and an index at the same time");
  if (const auto config = parse<Config>(first)) check_members(first, *config);
  parse_as_index(first);
  if (!manifest || end == input.size()) return;
  auto config = parse<Config>(input.substr(end + 1));
  if (!config) return;
  Image image;
  image.descriptor.media_type = manifest->media_type.empty() ? std::string(media::manifest) : manifest->media_type;
  image.manifest = std::move(*manifest);
  image.config = std::move(*config);
  const bool is_consistent = accepted([&] { return check_consistency(image), true; }).has_value();
  require(!is_consistent || image.config.diff_ids.size() == image.manifest.layers.size(),
          "consistent, but not one diffID a layer");
}
