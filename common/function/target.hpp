// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/digest.hpp"
#include "sandbox/plan/spec.hpp"
#include "sys/fd.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::function {

// What is run: an image of the state whose layers are ready to be mounted, or a plain directory.
struct Target {
  std::string name;    // as it was given
  oci::Digest digest;  // of the manifest; empty for a directory, and from a record
  sandbox::RootFiles root;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> environment;  // NAME=value
  std::string working_dir;
  std::string user;
  std::string platform;            // "linux/amd64"; empty for a directory
  std::vector<sys::Fd> holds;      // keep gc from removing the layers while they are open
  std::size_t missing_layers = 0;  // not unpacked yet; if there are any, `root` cannot be inspected
};

// Which state images are looked for in, and how long to wait for its locks.
struct StateOptions {
  std::string home;  // FN_HOME
  std::chrono::milliseconds lock_timeout{30000};
  std::function<void(const std::string&)> note = {};  // see state::Store::open()
};

// What to do about layers that were never unpacked: count them and change nothing, or unpack them with the helper
// fn-layers.
enum class MissingLayers { count, unpack };

// The directory `text`. Throws not_found, usage.
Target directory_target(const std::string& text);

// Looks `text` up: a directory if it is_path(), otherwise an image. Throws not_found, usage, unsupported (with the
// reason "wrong_architecture"), integrity.
Target find_target(const std::string& text, const StateOptions& state, MissingLayers missing);

// The image that `text` names, if it was run before and is ready to be mounted: from its state::RunRecord, without the
// database. Nothing if that doesn't tell; find_target() does.
std::optional<Target> recorded_target(const std::string& text, const std::string& home);

// Keeps the record for the next recorded_target(). No error if that is not possible: another process writes, or nobody
// may here.
void remember_target(const Target& target, const StateOptions& state);

}  // namespace fn::function
