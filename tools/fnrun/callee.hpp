// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "cli/context.hpp"
#include "instance/directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// What a caller says beside FN, REF, DIR or INSTANCE.
struct Wish {
  std::string target;
  std::vector<std::string> command;
  Settings settings;                                    // of an image or directory; of a function only its timeout
  std::optional<std::string> protocol;                  // of an image or directory
  std::optional<std::string> handler;                   // likewise
  std::optional<std::chrono::milliseconds> keep_alive;  // likewise
};

// Who takes the call.
struct Callee {
  // A living instance that can. Empty: one is to be started, or the call runs in this process.
  std::optional<instance::Living> instance;
  bool named_instance = false;   // the caller wants this one and no other
  Assignment assignment;         // not of a named instance
  std::optional<Target> target;  // found already
  std::uint64_t in_flight = 0;   // calls that the function's instances are at work on
  std::uint64_t limit = 0;       // calls at once of the function; 0: no limit
};

// A function, then an instance (the beginning of its id), then an image or a directory. Instances that died are swept
// on the way. Throws not_found, usage.
Callee find_callee(const Wish& wish, const cli::Context& context);

// The living instances; what dead ones left, folders and control groups, is swept.
std::vector<instance::Living> living_instances(const std::string& home);
// The one that `text` names. Throws not_found, usage.
instance::Living find_instance(const std::string& home, const std::string& text);

// Starts the supervisor of an instance, which goes on without us. Throws what it can't start for.
instance::Living start_instance(const Assignment& assignment);

}  // namespace fn::run
