// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/layout.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// An entry of manifest.json, as docker save writes it (docker image specification 1.2, "Combined Image JSON +
// Filesystem Changeset Format"). Paths are those of members of the archive.
struct DockerImage {
  std::string config;
  std::vector<std::string> layers;
  std::vector<std::string> tags;  // NAME:TAG
};

// Lists may be null, as Go writes an empty one. Throws integrity.
std::vector<DockerImage> parse_docker_manifest(std::string_view text);

// One of the images that an archive or a layout holds.
struct Candidate {
  oci::Descriptor descriptor;         // of its manifest or index, in index.json; or
  std::optional<DockerImage> docker;  // it is in manifest.json alone
  std::vector<std::string> names;     // NAME:TAG
  std::vector<std::string> labels;    // what is not a name and yet tells it from others: a bare tag, a name in full
};

// The images of index.json, each digest once, with all the names that its entries give it: ref.name if it is a whole
// reference, else containerd's name in docker's short form.
std::vector<Candidate> candidates_of(const std::vector<oci::Descriptor>& index);

// Adds what manifest.json beside it knows: docker save of version 25 and later has the names as one types them only
// there. `config_of` tells the digest of an entry's config, nothing if it is not there. Throws integrity if the two
// files give one name to different images.
void add_docker_images(std::vector<Candidate>& candidates, const std::vector<DockerImage>& images,
                       const std::function<std::optional<oci::Digest>(const DockerImage&)>& config_of,
                       const oci::Layout& layout);

// The one that is wanted, by a name, a label, or 6 or more digits of its digest; without a wish there must be just one.
// A name that was wished is the only one it keeps. Throws not_found, usage, integrity (there is none).
Candidate choose(const std::vector<Candidate>& candidates, const std::optional<std::string>& wanted,
                 const std::string& where);

// Its labels that look like whole references and are not valid: Docker writes none, others do.
std::vector<std::string> unusable_names(const Candidate& candidate);

}  // namespace fn::img
