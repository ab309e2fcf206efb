// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::oci {
namespace {

Manifest read_manifest(const Json& json) {
  if (const std::int64_t version = json.at("schemaVersion").as_integer(); version != 2)
    fail(Kind::integrity, "'schemaVersion' is {}, not 2", version);
  Manifest manifest;
  manifest.media_type = json.string_or("mediaType", {});
  if (!manifest.media_type.empty() && !is_manifest(manifest.media_type))
    fail(Kind::integrity, "'{}' is not the media type of an image manifest", printable(manifest.media_type));
  if (json.find("manifests")) fail(Kind::integrity, "it is both a manifest and an index");
  manifest.config = while_doing([] { return "config"; }, [&] { return Descriptor::from_json(json.at("config")); });
  const Json::Array& layers = json.at("layers").as_array();
  for (std::size_t n = 0; n < layers.size(); ++n)
    manifest.layers.push_back(
        while_doing([&] { return fmt::format("layer {}", n); }, [&] { return Descriptor::from_json(layers[n]); }));
  manifest.annotations = annotations_from_json(json.find("annotations"));
  manifest.rest = members_beside(json, {"schemaVersion", "mediaType", "config", "layers", "annotations"});
  return manifest;
}

}  // namespace

std::string Manifest::dump() const {
  Json descriptors = Json::array();
  for (const Descriptor& layer : layers) descriptors.push(layer.json());
  Json json = Json::object();
  json.set("schemaVersion", 2);
  if (!media_type.empty()) json.set("mediaType", media_type);
  json.set("config", config.json()).set("layers", std::move(descriptors));
  if (!annotations.empty()) json.set("annotations", annotations_json(annotations));
  append_members(json, &rest);
  return json.dump();
}

Manifest Manifest::parse(std::string_view text, std::string_view subject) {
  const Json json = Json::parse(text, subject);
  return while_doing([&] { return subject; }, [&] { return read_manifest(json); });
}

}  // namespace fn::oci
