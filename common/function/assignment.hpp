// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "sandbox/plan.hpp"
#include "settings.hpp"
#include "state/functions.hpp"
#include "target.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// What takes calls, and how: all that the supervisor of an instance is told.
struct Assignment {
  Where where;
  std::string target;     // what find_target() looks up
  std::string reference;  // what people call it
  std::string version = "$LATEST";
  std::string function;  // "" for an image or a directory
  state::Protocol protocol = state::Protocol::exec;
  std::string handler;
  std::vector<std::string> command;       // as in command_of()
  std::optional<std::string> entrypoint;  // likewise
  Settings settings;                      // its timeout is that of a call
  std::uint64_t concurrency = 0;          // calls at once in one instance of exec; 0: no limit
  std::chrono::milliseconds keep_alive{0};
  bool one_shot = false;
};

Json to_json(const Assignment& assignment);
Assignment assignment_of(const Json& json);  // throws integrity

// Stands for all that makes a difference to the function: 16 digits of a SHA-256.
std::string key_of(const Assignment& assignment);

// What to call instances and calls in what the function and its log see.
std::string function_name_of(const Assignment& assignment);

// The sandbox of an assignment. For exec it has the command of a call, and is not `idle` yet.
struct Blueprint {
  Target target;
  sandbox::Spec spec;
  bool any_bootstrap = false;  // the image names no command: Lambda's places are tried (bootstrap_paths)
  std::string handler;

  // Throws what find_target(), make_spec() and make_plan() throw.
  static Blueprint make(const Assignment& assignment);
  // Of a target that was found already.
  static Blueprint make(const Assignment& assignment, Target target);
  sandbox::Plan plan() const;
};

// Where a custom runtime's program is looked for: docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html, and the
// order of the Runtime Interface Emulator.
inline constexpr const char* bootstrap_paths[] = {"/var/task/bootstrap", "/opt/bootstrap", "/var/runtime/bootstrap"};

// The image says nothing of what to run, and has a bootstrap.
bool is_custom_runtime(const Target& target);

// Inside, the Runtime API listens there.
inline constexpr std::uint16_t runtime_api_port = 9001;

}  // namespace fn::run
