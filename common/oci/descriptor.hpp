// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"
#include "oci/digest.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fn::oci {

namespace media {
inline constexpr std::string_view index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view docker_index = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_layer_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
}  // namespace media

enum class Compression { none, gzip, zstd };

// How a layer of this media type is compressed (the nondistributable types too); nothing if it is no layer type.
std::optional<Compression> layer_compression(std::string_view media_type);
std::string_view layer_media_type(Compression compression);
std::string_view compression_name(Compression compression);  // "none", "gzip", "zstd"
bool is_manifest(std::string_view media_type);
bool is_index(std::string_view media_type);

// Annotation keys that we write or read.
namespace annotation {
inline constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
inline constexpr std::string_view base_digest = "org.opencontainers.image.base.digest";
inline constexpr std::string_view base_name = "org.opencontainers.image.base.name";
inline constexpr std::string_view managed =
    "dev.fn.managed";  // "true" on the entries of index.json that are written from state.db
inline constexpr std::string_view layer_name = "dev.fn.layer.name";      // on a layer's descriptor
inline constexpr std::string_view layer_follow = "dev.fn.layer.follow";  // the channel that the layer follows
inline constexpr std::string_view layer_codec = "dev.fn.layer.codec";    // which compressor made these bytes
}  // namespace annotation

using Annotations = std::map<std::string, std::string>;

struct Platform {
  std::string os = "linux";
  std::string architecture = "amd64";  // GOARCH names
  std::string variant;                 // "v7"; empty for none

  static Platform host();
  // "linux/arm/v7", "arm64". Throws usage with the known names.
  static Platform parse(std::string_view text);
  std::string str() const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

// image-spec, descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  Bytes size = 0;
  Annotations annotations;
  std::optional<Platform> platform;

  std::string annotation(std::string_view key) const;  // "" if absent
  Json json() const;
  static Descriptor from_json(const Json& json);
};

Json annotations_json(const Annotations& annotations);
Annotations annotations_from_json(const Json* json);

}  // namespace fn::oci
