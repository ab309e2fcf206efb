// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::oci {
namespace {

std::string subject(const Image& image) {
  return fmt::format("image '{}'", image.descriptor.digest.str());
}

void check_counts(const Image& image) {
  const std::size_t layers = image.manifest.layers.size();
  const Config& config = image.config;
  if (config.diff_ids.size() != layers)
    fail(Kind::integrity, "the manifest has {} layers, the config {} diffIDs", layers, config.diff_ids.size());
  if (config.history.empty()) return;
  const auto made = std::count_if(config.history.begin(), config.history.end(),
                                  [](const History& entry) { return !entry.empty_layer; });
  if (std::size_t(made) != layers) fail(Kind::integrity, "the manifest has {} layers, the history {}", layers, made);
}

}  // namespace

void check_media_types(const Image& image) {
  while_doing([&] { return subject(image); },
              [&] {
                const std::string& type = image.descriptor.media_type;
                const Manifest& manifest = image.manifest;
                if (!is_manifest(type))
                  fail(Kind::integrity, "'{}' is not the media type of an image manifest", printable(type));
                if (!manifest.media_type.empty() && manifest.media_type != type)
                  fail(Kind::integrity, "the descriptor says media type '{}', the manifest '{}'", type,
                       manifest.media_type);
                if (manifest.config.media_type != media::config && manifest.config.media_type != media::docker_config)
                  fail_hint(Kind::integrity, "it may be an artifact of another kind",
                            "config media type '{}' is not that of an image", printable(manifest.config.media_type));
                if (type != media::manifest) return;
                for (const Descriptor& layer : manifest.layers)
                  if (layer.media_type.starts_with("application/vnd.docker."))
                    fail(Kind::integrity, "layer '{}' has Docker's media type '{}' in an OCI manifest",
                         layer.digest.str(), printable(layer.media_type));
              });
}

void check_consistency(const Image& image) {
  check_media_types(image);
  while_doing([&] { return subject(image); }, [&] { check_counts(image); });
}

}  // namespace fn::oci
