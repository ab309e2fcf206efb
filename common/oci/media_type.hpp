// SPDX-License-Identifier: Apache-2.0
#pragma once

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

// How a layer of this media type is compressed (the nondistributable types too); nothing if it is not the type of a
// layer.
std::optional<Compression> layer_compression(std::string_view media_type);
std::string_view layer_media_type(Compression compression);
// The type that the OCI has for these bytes, if it is a layer's: one manifest may not mix docker's types with them.
std::string oci_layer_type(const std::string& media_type);
std::string_view compression_name(Compression compression);  // "none", "gzip", "zstd"
bool is_manifest(std::string_view media_type);
bool is_index(std::string_view media_type);

}  // namespace fn::oci
