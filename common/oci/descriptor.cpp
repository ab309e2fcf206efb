// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::oci {
namespace {

// A member that must be there; null is as bad as any other type.
std::string string_at(const Json& json, std::string_view key) {
  if (json.at(key).is_null()) fail(Kind::integrity, "'{}' is null", key);
  return json.string_or(key, {});
}

Digest digest_at(const Json& json, std::string_view key) {
  const std::string text = string_at(json, key);
  try {
    return Digest::parse(text);
  } catch (const Error& error) {
    // What a user types wrong is usage; this was read from a document.
    if (error.kind() != Kind::usage) throw;
    throw Error(Kind::integrity, error.what());
  }
}

Json platform_json(const Platform& platform) {
  Json json = Json::object();
  json.set("architecture", platform.architecture).set("os", platform.os);
  if (!platform.variant.empty()) json.set("variant", platform.variant);
  return json;
}

Platform platform_from_json(const Json& json) {
  return while_doing([] { return "'platform'"; },
                     [&]() -> Platform {
                       return {.os = string_at(json, "os"),
                               .architecture = string_at(json, "architecture"),
                               .variant = json.string_or("variant", {})};
                     });
}

}  // namespace

std::string Descriptor::annotation(std::string_view key) const {
  const auto found = annotations.find(std::string(key));
  return found == annotations.end() ? std::string() : found->second;
}

Json Descriptor::json() const {
  Json json = Json::object();
  json.set("mediaType", media_type).set("digest", digest.str()).set("size", size);
  if (!annotations.empty()) json.set("annotations", annotations_json(annotations));
  if (platform) {
    Json& member = *json.set("platform", platform_json(*platform)).find("platform");
    append_members(member, rest.find("platform"));
  }
  append_members(json, &rest);
  return json;
}

Descriptor Descriptor::from_json(const Json& json) {
  Descriptor descriptor;
  descriptor.media_type = string_at(json, "mediaType");
  if (descriptor.media_type.empty()) fail(Kind::integrity, "'mediaType' is empty");
  descriptor.digest = digest_at(json, "digest");
  json.at("size");
  const std::int64_t size = json.integer_or("size", -1);
  if (size < 0) fail(Kind::integrity, "'size' is not a number of bytes");
  descriptor.size = Bytes(size);
  descriptor.annotations = annotations_from_json(json.find("annotations"));
  descriptor.rest = members_beside(json, {"mediaType", "digest", "size", "annotations", "platform"});
  if (const Json* platform = json.find("platform"); platform && !platform->is_null()) {
    descriptor.platform = platform_from_json(*platform);
    if (Json more = members_beside(*platform, {"architecture", "os", "variant"}); !more.is_null())
      descriptor.rest.set("platform", std::move(more));
  }
  return descriptor;
}

void append_members(Json& object, const Json* rest) {
  if (!rest || !rest->is_object()) return;
  for (const auto& [key, value] : rest->as_object())
    if (!object.find(key)) object.set(key, value);
}

Json members_beside(const Json& object, std::initializer_list<std::string_view> known) {
  Json rest;
  for (const auto& [key, value] : object.as_object())
    if (std::find(known.begin(), known.end(), key) == known.end()) rest.set(key, value);
  return rest;
}

Json annotations_json(const Annotations& annotations) {
  Json json = Json::object();
  for (const auto& [key, value] : annotations) json.set(key, value);
  return json;
}

Annotations annotations_from_json(const Json* json) {
  Annotations annotations;
  if (!json || json->is_null()) return annotations;
  for (const auto& [key, value] : json->as_object())
    annotations.emplace(key, while_doing([&, &name = key] { return fmt::format("annotation '{}'", printable(name)); },
                                         [&, &text = value] { return text.as_string(); }));
  return annotations;
}

}  // namespace fn::oci
