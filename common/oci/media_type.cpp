// SPDX-License-Identifier: Apache-2.0
#include "oci/media_type.hpp"

#include <algorithm>
#include <array>

namespace fn::oci {
namespace {

struct LayerType {
  std::string_view media_type;
  Compression compression;
};

// image-spec, layer.md, and docker's schema 2, where no type for zstd exists.
constexpr std::array layer_types{
    LayerType{media::layer, Compression::none},
    LayerType{media::layer_gzip, Compression::gzip},
    LayerType{media::layer_zstd, Compression::zstd},
    LayerType{"application/vnd.oci.image.layer.nondistributable.v1.tar", Compression::none},
    LayerType{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression::gzip},
    LayerType{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Compression::zstd},
    LayerType{media::docker_layer, Compression::none},
    LayerType{media::docker_layer_gzip, Compression::gzip},
    LayerType{"application/vnd.docker.image.rootfs.foreign.diff.tar", Compression::none},
    LayerType{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Compression::gzip},
};

}  // namespace

std::optional<Compression> layer_compression(std::string_view media_type) {
  const auto found = std::find_if(layer_types.begin(), layer_types.end(),
                                  [&](const LayerType& type) { return type.media_type == media_type; });
  if (found == layer_types.end()) return std::nullopt;
  return found->compression;
}

std::string oci_layer_type(const std::string& media_type) {
  const auto compression = layer_compression(media_type);
  return compression ? std::string(layer_media_type(*compression)) : media_type;
}

std::string_view layer_media_type(Compression compression) {
  switch (compression) {
    case Compression::none:
      return media::layer;
    case Compression::gzip:
      return media::layer_gzip;
    case Compression::zstd:
      return media::layer_zstd;
  }
  return media::layer;
}

std::string_view compression_name(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
  }
  return "none";
}

bool is_manifest(std::string_view media_type) {
  return media_type == media::manifest || media_type == media::docker_manifest;
}

bool is_index(std::string_view media_type) {
  return media_type == media::index || media_type == media::docker_index;
}

}  // namespace fn::oci
