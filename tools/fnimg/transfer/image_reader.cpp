// SPDX-License-Identifier: Apache-2.0
// Images come from a layout, which is copied blob by blob, or from an archive, which may be a pipe and is read once:
// every file in it becomes a blob of ours as it comes by, and only when all is read is it known which of them make an
// image. What was not needed stays without a name, and gc removes it. The caller holds the lock for blobs meanwhile.
//
// An archive with index.json and oci-layout is an OCI layout; else one with manifest.json is of docker save, and a
// manifest is made for it. Members may be links, followed one step and only to other members.
//
// The archive's word is worth nothing. A member in blobs/sha256 must have the digest that is its name, documents are
// limited in size, and load() compares all that they say with what is there. Layers are proven later, by who decodes
// them.
#include "transfer/image_reader.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "layer/tar_reader.hpp"
#include "oci/index.hpp"
#include "sys/signal.hpp"
#include "transfer/archive.hpp"

#include <array>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace fn::img {
namespace {

constexpr Bytes max_document = 16 * MiB;

// The one of several things with names that is wanted; without a wish there must be just one.
template <typename T, typename NameOf>
const T& choose(const std::vector<T>& all, const std::optional<std::string>& wanted, NameOf&& name_of,
                const std::string& where) {
  std::vector<std::string> names;
  for (const T& one : all) names.push_back(name_of(one));
  if (all.empty()) fail(Kind::integrity, "'{}' contains no image", printable(where));
  if (!wanted) {
    if (all.size() == 1) return all.front();
    fail_hint(Kind::usage, fmt::format("choose with --image: {}", printable(fmt::format("{}", fmt::join(names, ", ")))),
              "'{}' contains {} images", printable(where), all.size());
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    if (names[i] == *wanted) return all[i];
  fail_hint(
      Kind::not_found,
      did_you_mean(*wanted, names, fmt::format("it contains {}", printable(fmt::format("{}", fmt::join(names, ", "))))),
      "'{}' contains no image '{}'", printable(where), printable(*wanted));
}

std::string ref_name(const oci::Descriptor& descriptor) {
  return descriptor.annotation(oci::annotation::ref_name);
}

// skopeo writes bare tags ("v1") as well as names: only what is a whole reference can name the image here.
std::string usable_name(const std::string& name) {
  return name.find(':') == std::string::npos && name.find('/') == std::string::npos ? std::string() : name;
}

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

// --- archives
// ----------------------------------------------------------------------------------------------------------

// A member of an archive, stored as a blob, and how it begins.
struct StoredMember {
  oci::Digest digest;
  Bytes size = 0;
  std::array<std::byte, 4> magic{};
};

// What an archive holds by path: files are in our layout as blobs, links say where they point.
struct Members {
  std::map<std::string, StoredMember> files;
  std::map<std::string, std::string> links;

  // The file of that name, also through one symbolic link (docker save shares layers so) or a hard link.
  const StoredMember* find(const std::string& path) const {
    const auto link = links.find(path);
    const auto file = files.find(link == links.end() ? path : link->second);
    return file == files.end() ? nullptr : &file->second;
  }
  const StoredMember& at(const std::string& path, const std::string& archive) const {
    if (const StoredMember* member = find(path)) return *member;
    fail(Kind::integrity, "'{}' has no member '{}'", printable(archive), printable(path));
  }
};

// "../0123/layer.tar" as seen from "4567/layer.tar".
std::string link_target(const std::string& from, std::string_view target) {
  const std::string path =
      target.starts_with('/') ? std::string(target) : fmt::format("{}/{}", layer::parent_path(from), target);
  std::vector<std::string> parts;
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

StoredMember store_member(layer::TarReader& reader, const oci::Layout& to, std::vector<std::byte>& buffer) {
  StoredMember member;
  oci::BlobWriter writer = to.new_blob();
  while (const std::size_t got = reader.read(buffer)) {
    sys::check_interrupt();
    if (writer.size() == 0) std::copy_n(buffer.begin(), std::min(got, member.magic.size()), member.magic.begin());
    writer.write(std::span<const std::byte>(buffer).first(got));
  }
  member.size = writer.size();
  member.digest = writer.commit();
  return member;
}

Members store_members(const std::string& path, const layer::ExpansionLimits& limits, const oci::Layout& to) {
  const auto stream = open_archive(path);
  const auto limited = layer::decompress(*stream, oci::Compression::none, limits);
  layer::TarReader reader(*limited);
  Members members;
  std::vector<std::byte> buffer(1 * MiB);
  while (const auto entry = reader.next()) {
    if (entry->type == layer::Type::symlink) members.links[entry->path] = link_target(entry->path, entry->link);
    if (entry->type == layer::Type::hardlink) members.links[entry->path] = entry->link;
    if (entry->type == layer::Type::file) members.files[entry->path] = store_member(reader, to, buffer);
  }
  return members;
}

std::string read_member(const StoredMember& member, const oci::Layout& layout) {
  return layout.read_blob(
      {.media_type = {}, .digest = member.digest, .size = member.size, .annotations = {}, .platform = {}},
      max_document);
}

// Blobs of the archive must be what they are named after, or load() finds another one's bytes missing.
void check_blob_names(const Members& members, const std::string& archive) {
  constexpr std::string_view blobs = "blobs/sha256/";
  for (const auto& [path, member] : members.files)
    if (path.starts_with(blobs) && path.substr(blobs.size()) != member.digest.hex())
      fail(Kind::integrity, "'{}': digest mismatch: blob '{}' has digest '{}'", printable(archive), printable(path),
           member.digest.str());
}

ForeignImage from_oci_members(const Members& members, const std::optional<std::string>& wanted,
                              const oci::Platform& platform, const std::string& path, const oci::Layout& to) {
  check_blob_names(members, path);
  const auto index = oci::parse_index(read_member(members.at("index.json", path), to), "index.json");
  const oci::Descriptor& chosen = choose(index, wanted, ref_name, path);
  ForeignImage found{.image = to.load(chosen, platform), .name = usable_name(ref_name(chosen))};
  for (const oci::Descriptor& layer : found.image.manifest.layers) to.open_blob(layer);
  return found;
}

struct DockerImage {
  std::string config;
  std::vector<std::string> layers;
  std::vector<std::string> tags;
  std::string name() const { return tags.empty() ? std::string() : tags.front(); }
};

std::vector<DockerImage> parse_docker_manifest(const Json& json) {
  std::vector<DockerImage> images;
  for (const Json& one : json.as_array()) {
    DockerImage image{.config = one.at("Config").as_string(), .layers = one.at("Layers").as_strings(), .tags = {}};
    if (const Json* tags = one.find("RepoTags"); tags && !tags->is_null()) image.tags = tags->as_strings();
    images.push_back(std::move(image));
  }
  return images;
}

ForeignImage from_docker_members(const Members& members, const std::optional<std::string>& wanted,
                                 const std::string& path, const oci::Layout& to) {
  const auto images = while_doing(
      [] { return "manifest.json"; },
      [&] {
        return parse_docker_manifest(Json::parse(read_member(members.at("manifest.json", path), to), "manifest.json"));
      });
  const DockerImage& chosen = choose(
      images, wanted, [](const DockerImage& image) { return image.name(); }, path);
  oci::Manifest manifest;
  const StoredMember& config = members.at(chosen.config, path);
  manifest.config = {.media_type = std::string(oci::media::config),
                     .digest = config.digest,
                     .size = config.size,
                     .annotations = {},
                     .platform = {}};
  for (const std::string& layer : chosen.layers) {
    const StoredMember& member = members.at(link_target("", layer), path);
    // docker save writes plain tars; other tools leave layers compressed in the same place.
    const oci::Compression compression = layer::sniff_compression(member.magic);
    manifest.layers.push_back({.media_type = std::string(oci::layer_media_type(compression)),
                               .digest = member.digest,
                               .size = member.size,
                               .annotations = {},
                               .platform = {}});
  }
  return {.image = to.load(to.put(manifest.dump(), oci::media::manifest)), .name = chosen.name()};
}

}  // namespace

ForeignImage find_in_layout(const oci::Layout& layout, const std::optional<std::string>& wanted,
                            const oci::Platform& platform) {
  const auto index = layout.read_index();
  const oci::Descriptor& chosen = choose(index, wanted, ref_name, layout.path());
  return {.image = layout.load(chosen, platform), .name = usable_name(ref_name(chosen))};
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
  const Members members = store_members(path, limits, to);
  // Newer docker save writes both: index.json keeps the layers as they were pushed.
  if (members.find("index.json") && members.find("oci-layout"))
    return from_oci_members(members, wanted, platform, path, to);
  if (members.find("manifest.json")) return from_docker_members(members, wanted, path, to);
  fail_hint(Kind::usage, "a plain archive of files is a layer: fnimg build -t NAME:TAG --layer NAME=FILE",
            "'{}' is neither an OCI layout nor a docker-archive", printable(path));
}

}  // namespace fn::img
