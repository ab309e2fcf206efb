// SPDX-License-Identifier: Apache-2.0
#include "image/document.hpp"

#include "base/text.hpp"

namespace fn::img {

std::string document_text(const std::string& text) {
  return is_utf8(text) ? text : printable(text);
}

void set_path(Json& object, const std::string& path) {
  if (is_utf8(path)) {
    object.set("path", path);
  } else {
    object.set("path", printable(path)).set("path_b64", base64(path));
  }
}

std::string layer_label(const oci::Descriptor& layer) {
  const std::string name = layer.annotation(oci::annotation::layer_name);
  return name.empty() ? layer.digest.brief() : name;
}

Json layer_json(const oci::Image& image, std::size_t n) {
  const oci::Descriptor& layer = image.manifest.layers[n];
  Json json = Json::object();
  json.set("name", layer.annotation(oci::annotation::layer_name))
      .set("digest", layer.digest.str())
      .set("diff_id", image.config.diff_ids[n].str())
      .set("media_type", layer.media_type)
      .set("size", layer.size);
  if (const std::string channel = layer.annotation(oci::annotation::layer_follow); !channel.empty())
    json.set("follows", channel);
  return json;
}

}  // namespace fn::img
