// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

// image-spec, manifest.md (and docker's schema 2, which has the same shape).
struct Manifest {
  std::string media_type{media::manifest};  // empty if the document has none
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations;
  Json rest = {};  // all other members: artifactType, subject ..

  // Our own form: members in the order of the specification, no white space.
  std::string dump() const;
  // Checks schemaVersion, mediaType, every descriptor; a document that could also be read as an index is refused
  // (CVE-2021-41190). Throws integrity.
  static Manifest parse(std::string_view text, std::string_view subject);
};

}  // namespace fn::oci
