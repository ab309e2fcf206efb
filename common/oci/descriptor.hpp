// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"
#include "oci/digest.hpp"
#include "oci/media_type.hpp"
#include "oci/platform.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fn::oci {

// Annotation keys that we write or read.
namespace annotation {
inline constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
inline constexpr std::string_view containerd_name = "io.containerd.image.name";  // the name in full
inline constexpr std::string_view base_digest = "org.opencontainers.image.base.digest";
inline constexpr std::string_view base_name = "org.opencontainers.image.base.name";
inline constexpr std::string_view managed =
    "dev.fn.managed";  // "true" on the entries of index.json that are written from state.db
inline constexpr std::string_view layer_name = "dev.fn.layer.name";      // on a layer's descriptor
inline constexpr std::string_view layer_follow = "dev.fn.layer.follow";  // the channel that the layer follows
inline constexpr std::string_view layer_codec = "dev.fn.layer.codec";    // "gzip:4": how it was compressed
}  // namespace annotation

using Annotations = std::map<std::string, std::string>;

// image-spec, descriptor.md. Members that we don't know, those of its platform too, are written as they were read.
struct Descriptor {
  std::string media_type;
  Digest digest;
  Bytes size = 0;
  Annotations annotations;
  std::optional<Platform> platform;
  Json rest = {};  // all other members

  std::string annotation(std::string_view key) const;  // "" if absent
  Json json() const;
  static Descriptor from_json(const Json& json);
};

// Appends the members of `rest`, unless it is null, that the object does not have yet.
void append_members(Json& object, const Json* rest);
// The members of an object that are not among `known`; null if there are none.
Json members_beside(const Json& object, std::initializer_list<std::string_view> known);

Json annotations_json(const Annotations& annotations);
Annotations annotations_from_json(const Json* json);

}  // namespace fn::oci
