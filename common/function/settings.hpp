// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sandbox/spec.hpp"
#include "target.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// How a sandbox is to be, as flags say it. Unset: the default of the verb, or what the function's settings say.
struct Settings {
  std::optional<Bytes> memory;
  std::optional<double> cpus;
  std::optional<std::uint64_t> pids;  // 0: no limit
  std::optional<std::chrono::milliseconds> timeout;
  std::string network;  // "": the default
  std::vector<std::string> env;
  std::vector<std::string> mounts;
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  bool writable = false;
  Bytes scratch = 64 * MiB;
  std::string seccomp = "default";
  std::string require;
  std::string pool;  // of ask_pool(); "": what FN_POOL says

  friend bool operator==(const Settings&, const Settings&) = default;
};

// The sandbox for `command` in the target: what the image says, then what the settings say. Throws usage for what can't
// be read, not_found for a user that the image doesn't know.
sandbox::Spec make_spec(const Target& target, const Settings& settings, std::vector<std::string> command);

// The words to execute: the image's entrypoint and `words`, or its cmd if there are none; `words` alone for a
// directory. Throws usage with the reason "no_entrypoint" if that is nothing.
std::vector<std::string> command_of(const Target& target, const std::vector<std::string>& words,
                                    const std::optional<std::string>& entrypoint);

// The seccomp program of "default", "strict", "off" or a file with a profile in the form of the OCI runtime-spec.
std::vector<sock_filter> seccomp_program(const std::string& choice);

}  // namespace fn::run
