// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

// image-spec, manifest.md (and docker's schema 2, which has the same shape).
struct Manifest {
  std::string media_type{media::manifest};  // empty if the document doesn't say
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations;

  // Our own form: members in the order of the specification, no blanks.
  std::string dump() const;
  // Checks schemaVersion, mediaType, every descriptor; a document that could be taken for an index too is refused
  // (CVE-2021-41190). Throws integrity.
  static Manifest parse(std::string_view text, std::string_view subject);
};

struct History {
  std::string created;  // RFC 3339; may be empty
  std::string created_by;
  std::string comment;
  std::string author;
  bool empty_layer = false;
};

// image-spec, config.md. What we don't know of a foreign config is kept in `rest` and written back when an image is
// built on it.
struct Config {
  std::string created;  // RFC 3339; may be empty
  std::string author;
  Platform platform;
  std::string user;
  std::vector<std::string> env;  // NAME=value
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::string stop_signal;
  std::vector<std::string> exposed_ports;  // "8080/tcp"
  std::vector<std::string> volumes;
  std::map<std::string, std::string> labels;
  std::vector<Digest> diff_ids;
  std::vector<History> history;
  Json rest;  // members of the document that are none of the above

  void set_env(std::string_view name, std::string_view value);
  std::string dump() const;
  // Throws integrity; a rootfs that is not of type "layers" too.
  static Config parse(std::string_view text, std::string_view subject);
};

// An image whose documents are read and checked against each other: what every verb that takes a REF works on.
struct Image {
  Descriptor descriptor;  // of the manifest
  Manifest manifest;
  Config config;
  std::string manifest_text;
  std::string config_text;
};

// Checks what can be checked before the config is read: that this is a manifest of an image, the same by its descriptor
// and its own word, with no layer type of docker's in an OCI manifest. Throws integrity.
void check_media_types(const Image& image);

// Checks what can be checked without the layers' bytes: check_media_types(), as many diffIDs as layers, as many
// non-empty history entries as layers (or no history at all), no layer type of docker's in an OCI manifest.
// Throws integrity.
void check_consistency(const Image& image);

}  // namespace fn::oci
