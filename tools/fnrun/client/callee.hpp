// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "function/assignment.hpp"
#include "instance/instances.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// The caller's arguments besides FN, REF, DIR or INSTANCE.
struct CallTarget {
  std::string name;
  std::vector<std::string> command;
  std::optional<std::string> entrypoint;
  function::Settings settings;                          // of an image or directory; of a function only its timeout
  std::optional<std::string> protocol;                  // of an image or directory
  std::optional<std::string> handler;                   // likewise
  std::optional<std::chrono::milliseconds> keep_alive;  // likewise
};

// The receiver of a call.
struct Callee {
  // A running instance that can take it. Empty: one must be started, or the call runs in this process.
  std::optional<instance::RunningInstance> instance;
  bool named_instance = false;             // the caller named this very instance
  function::Assignment assignment;         // not of a named instance
  std::optional<function::Target> target;  // already found
  std::uint64_t in_flight = 0;             // calls in progress in the function's instances
  std::uint64_t limit = 0;                 // concurrent calls of the function; 0: no limit
  bool has_dead_instances = false;         // their remains can be swept
};

// A function, then an instance (the beginning of its id), then an image or a directory. Changes nothing, except that it
// unpacks an image's layers if requested. Throws not_found, usage.
Callee find_callee(const CallTarget& target, const cli::Context& context, function::MissingLayers missing);

// Running instances, oldest first.
std::vector<instance::RunningInstance> running_instances(const std::string& home);
// Removes what dead instances left: folders and control groups, with the processes in them.
void sweep_dead_instances(const std::string& home);
// The one that `text` names. Throws not_found, usage.
instance::RunningInstance find_instance(const std::string& home, const std::string& text);

}  // namespace fn::run
