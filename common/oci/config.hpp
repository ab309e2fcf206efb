// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "oci/digest.hpp"
#include "oci/platform.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

struct History {
  std::string created;  // RFC 3339; may be empty
  std::string created_by;
  std::string comment;
  std::string author;
  bool empty_layer = false;
};

// image-spec, config.md. Unknown members of a foreign config are kept in `rest` and written back when an image is built
// on it.
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
  Json rest;  // all other members of the document

  void set_env(std::string_view name, std::string_view value);
  std::string dump() const;
  // Throws integrity; a rootfs that is not of type "layers" too.
  static Config parse(std::string_view text, std::string_view subject);
  // The history with one entry that is not empty for each of `layers` layers, in order: where it tells of more of them,
  // the last ones become empty, and where it tells of fewer, entries that say nothing are added at its end.
  std::vector<History> history_of(std::size_t layers) const;
};

}  // namespace fn::oci
