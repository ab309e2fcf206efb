// SPDX-License-Identifier: Apache-2.0
// Images come from a layout, which is copied blob by blob, or from an archive, which may be a pipe and is read once:
// every file in it becomes a blob of ours as it comes by, and only when all is read is it known which of them make an
// image. What was not needed stays without a name, and gc removes it. The caller holds the lock for blobs meanwhile.
//
// An archive with index.json and oci-layout is an OCI layout, with manifest.json beside it if docker save or export
// wrote it; else one with manifest.json is of an older docker save, and a manifest is made for it.
//
// The archive's word is worth nothing. A member in blobs/sha256 must have the digest that is its name, documents are
// limited in size, and load() compares all that they say with what is there. Layers are proven later, by who decodes
// them.
#include "transfer/image_reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/index.hpp"
#include "sys/signal.hpp"
#include "transfer/archive_members.hpp"
#include "transfer/candidates.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <vector>

namespace fn::img {
namespace {

constexpr Bytes max_document = 16 * MiB;
constexpr std::string_view docker_file = "manifest.json";

void copy_blob(const oci::Descriptor& blob, const oci::Layout& from, const oci::Layout& to) {
  // Even if we have it: our copy may be corrupt, and this repairs it.
  const sys::Fd fd = from.open_blob(blob);
  oci::BlobWriter writer = to.new_blob();
  std::vector<std::byte> buffer(1 * MiB);
  while (const std::size_t got = sys::read_full(fd.get(), buffer, blob.digest.str())) {
    sys::check_interrupt();
    writer.write(std::span<const std::byte>(buffer).first(got));
  }
  writer.commit(blob.digest);
}

// The manifest that docker save does not write, around the config's and the layers' own bytes.
oci::Image make_manifest(const DockerImage& image, const ArchiveMembers& members, const oci::Layout& to) {
  oci::Manifest manifest;
  const StoredMember& config = members.at(image.config);
  manifest.config = {.media_type = std::string(oci::media::config),
                     .digest = config.digest,
                     .size = config.size,
                     .annotations = {},
                     .platform = {}};
  for (const std::string& layer : image.layers) {
    const StoredMember& member = members.at(layer);
    // docker save writes plain tars; other tools leave layers compressed in the same place.
    const oci::Compression compression = layer::sniff_compression(member.magic);
    manifest.layers.push_back({.media_type = std::string(oci::layer_media_type(compression)),
                               .digest = member.digest,
                               .size = member.size,
                               .annotations = {},
                               .platform = {}});
  }
  return to.load(to.put(manifest.dump(), oci::media::manifest));
}

// A layout's directory tells the digest of a config by its name alone.
std::optional<oci::Digest> digest_in_path(const DockerImage& image) {
  constexpr std::string_view blobs = "blobs/sha256/";
  if (!image.config.starts_with(blobs)) return std::nullopt;
  const std::string digest = "sha256:" + image.config.substr(blobs.size());
  if (!oci::Digest::is_valid(digest)) return std::nullopt;
  return oci::Digest::parse(digest);
}

}  // namespace

ForeignImage find_in_layout(const oci::Layout& layout, const std::optional<std::string>& wanted,
                            const oci::Platform& platform) {
  std::vector<Candidate> candidates = candidates_of(layout.read_index());
  const std::string docker = fmt::format("{}/{}", layout.path(), docker_file);
  if (access(docker.c_str(), F_OK) == 0) {
    auto images = parse_docker_manifest(sys::read_file(docker, max_document));
    std::erase_if(images, [&](const DockerImage& image) {
      const auto config = digest_in_path(image);
      return !config || !layout.blob_size(*config);
    });
    add_docker_images(candidates, images, digest_in_path, layout);
    std::erase_if(candidates, [](const Candidate& one) { return one.docker.has_value(); });
  }
  const Candidate chosen = choose(candidates, wanted, layout.path());
  return {.image = layout.load(chosen.descriptor, platform), .names = chosen.names, .unusable = unusable_names(chosen)};
}

ForeignImage copy_from_layout(const std::string& path, const std::optional<std::string>& wanted,
                              const oci::Platform& platform, const oci::Layout& to) {
  const oci::Layout from = oci::Layout::open(path);
  ForeignImage found = find_in_layout(from, wanted, platform);
  for (const oci::Descriptor& layer : found.image.manifest.layers) copy_blob(layer, from, to);
  copy_blob(found.image.manifest.config, from, to);
  copy_blob(found.image.descriptor, from, to);
  return found;
}

ForeignImage copy_from_archive(const std::string& path, const std::optional<std::string>& wanted,
                               const oci::Platform& platform, const layer::ExpansionLimits& limits,
                               const oci::Layout& to) {
  const ArchiveMembers members = ArchiveMembers::store(path, limits, to);
  const bool is_layout = members.find("index.json") && members.find("oci-layout");
  const bool is_docker = members.find(docker_file);
  if (!is_layout && !is_docker)
    fail_hint(Kind::usage, "a plain archive of files is a layer: fnimg build -t NAME:TAG --layer NAME=FILE",
              "'{}' is neither an OCI layout nor a docker-archive", printable(path));
  std::vector<Candidate> candidates;
  if (is_layout) {
    members.check_blob_names();
    candidates = candidates_of(oci::parse_index(members.read("index.json", to), "index.json"));
  }
  if (is_docker)
    add_docker_images(
        candidates, parse_docker_manifest(members.read(docker_file, to)),
        [&](const DockerImage& image) -> std::optional<oci::Digest> { return members.at(image.config).digest; }, to);
  const Candidate chosen = choose(candidates, wanted, path);
  ForeignImage found{
      .image = chosen.docker ? make_manifest(*chosen.docker, members, to) : to.load(chosen.descriptor, platform),
      .names = chosen.names,
      .unusable = unusable_names(chosen)};
  if (chosen.docker) return found;
  for (const oci::Descriptor& layer : found.image.manifest.layers) to.open_blob(layer);
  return found;
}

}  // namespace fn::img
