// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/digest.hpp"
#include "sandbox/spec.hpp"
#include "sys/fd.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace fn::run {

// What is run: an image of the store whose layers are ready to be mounted, or a plain directory.
struct Target {
  std::string name;    // as it was given
  oci::Digest digest;  // of the manifest; empty for a directory
  sandbox::RootFiles root;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> environment;  // NAME=value
  std::string working_dir;
  std::string user;
  std::string platform;        // "linux/amd64"; empty for a directory
  std::vector<sys::Fd> holds;  // keep gc away from the layers while they are open
};

// "/srv/app", "./app", "..": a directory. Anything else names an image.
bool names_directory(std::string_view text);

// The state in which images are looked for.
struct Where {
  std::string home;  // FN_HOME
  std::chrono::milliseconds lock_timeout{30000};
};

// Looks `text` up. Layers that were never unpacked are, once, by the helper fn-layers. Throws not_found, usage,
// unsupported (with the reason "wrong_architecture"), integrity.
Target find_target(const std::string& text, const Where& where);

}  // namespace fn::run
