// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "function/target.hpp"
#include "sandbox/plan/spec.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::function {

// The settings of a sandbox as given by flags. Unset: the default of the verb, or the function's setting.
struct Settings {
  // Of every limit 0 means that there is none.
  std::optional<Bytes> memory;
  std::optional<double> cpus;
  std::optional<std::uint64_t> pids;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> init_timeout;  // of protocol lambda: from the start to the first next
  bool freeze = false;                                    // an instance stands still between its calls
  std::string network;                                    // "": the default
  std::vector<std::string> env;
  std::vector<std::string> mounts;
  std::vector<std::string> publish;  // published_port.hpp
  bool allow_remote = false;         // other machines may reach them
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  bool writable = false;
  std::optional<Bytes> scratch;
  std::string seccomp;  // "": the default
  std::string require;
  std::string pool;  // for ask_pool(); "": as FN_POOL says

  friend bool operator==(const Settings&, const Settings&) = default;
};

// PATH of an image that sets none.
inline constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Throws usage for a limit with which no program could start (sandbox::least_memory), or that no kernel can keep.
void check_limits(const Settings& settings);

// The sandbox for `command` in the target: what the image says, then what the settings say. Throws usage for what can't
// be read, not_found for a user that the image doesn't know.
sandbox::Spec make_spec(const Target& target, const Settings& settings, std::vector<std::string> command);

// The same settings in words that mean the same from any directory: mounts and a seccomp profile with absolute paths,
// and the values of variables that are ours. Throws usage for what can't be read, not_found for a file that isn't
// there.
Settings settled(Settings settings);

// What is mounted from the host, as absolute paths. Throws usage, not_found.
std::vector<std::string> mount_sources(const Settings& settings);

// The words to execute: the image's entrypoint and `words`, or its cmd if there are none; `words` alone for a
// directory. Throws usage with the reason "no_entrypoint" if there are none.
std::vector<std::string> command_of(const Target& target, const std::vector<std::string>& words,
                                    const std::optional<std::string>& entrypoint);

// The seccomp program of "default", "strict", "off" or a file with a profile in the form of the OCI runtime-spec.
std::vector<sock_filter> seccomp_program(const std::string& choice);

}  // namespace fn::function
