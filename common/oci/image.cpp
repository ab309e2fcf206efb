// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include "base/text.hpp"

namespace fn::oci {
namespace {

std::string subject(const Image& image) {
  return fmt::format("image '{}'", image.descriptor.digest.str());
}

void check_counts(const Image& image) {
  const std::size_t layers = image.manifest.layers.size();
  const std::size_t diff_ids = image.config.diff_ids.size();
  if (diff_ids != layers) fail(Kind::integrity, "the manifest has {} layers, the config {} diffIDs", layers, diff_ids);
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
              });
}

void check_consistency(const Image& image) {
  check_media_types(image);
  while_doing([&] { return subject(image); }, [&] { check_counts(image); });
}

void make_documents(Image& image) {
  const auto describe = [](Descriptor& descriptor, std::string_view media_type, const std::string& text) {
    descriptor = {};
    descriptor.media_type = media_type;
    descriptor.digest = Digest::of(text);
    descriptor.size = text.size();
  };
  image.config_text = image.config.dump();
  describe(image.manifest.config, media::config, image.config_text);
  image.manifest.media_type = media::manifest;
  image.manifest_text = image.manifest.dump();
  describe(image.descriptor, media::manifest, image.manifest_text);
  check_consistency(image);
}

}  // namespace fn::oci
