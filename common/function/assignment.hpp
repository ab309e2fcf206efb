// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "function/debugger.hpp"
#include "function/settings.hpp"
#include "function/target.hpp"
#include "sandbox/plan/plan.hpp"
#include "state/functions.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::function {

// What takes calls, and how: everything that the supervisor of an instance is told.
struct Assignment {
  StateOptions state;
  std::string target;     // what find_target() looks up
  std::string reference;  // its name for people
  std::string version = "$LATEST";
  std::string function;                     // "" for an image or a directory
  std::optional<state::Protocol> protocol;  // nothing: what the target speaks
  std::string handler;
  std::vector<std::string> command;       // as in command_of()
  std::optional<std::string> entrypoint;  // likewise
  Settings settings;                      // its timeout applies to each call
  std::uint64_t concurrency = 0;          // calls at once in one instance of exec; 0: no limit
  std::chrono::milliseconds keep_alive{0};
  bool one_shot = false;
  std::optional<Debugger> debugger;  // the program waits for it, and no time passes while it is waited for or there
};

Json to_json(const Assignment& assignment);
Assignment assignment_of(const Json& json);  // throws integrity

// With what a new function has (state::Function) where memory, timeout and network are not given. What is called
// without being a function has these.
Settings with_defaults(Settings settings);

// Identifies everything that the function can observe: 16 digits of a SHA-256.
std::string key_of(const Assignment& assignment);

// The names that the function and its log see.
std::string function_name_of(const Assignment& assignment);

// The protocol that is asked for, or else the one that the target speaks: lambda if nothing says what to run, and there
// is a bootstrap.
state::Protocol protocol_of(const Assignment& assignment, const Target& target);

// The sandbox of an assignment. For exec it has the command of a call, and is not `idle` yet.
struct Blueprint {
  Target target;
  state::Protocol protocol = state::Protocol::exec;
  sandbox::Spec spec;
  bool any_bootstrap = false;  // the image names no command: Lambda's paths are tried (bootstrap_paths)
  std::string handler;
  std::vector<std::string> extensions;  // external ones, of lambda: names of files in extensions_path

  // Unpacks layers that are not unpacked yet. Throws what find_target(), make_spec() and make_plan() throw.
  static Blueprint make(const Assignment& assignment);
  // For a target that was already found, with all its layers.
  static Blueprint make(const Assignment& assignment, Target target);
  sandbox::Plan plan() const;
  // Tells a function of the protocol lambda where the Runtime API listens. make() does this itself, except with the
  // host's network: then the caller makes the listener and chooses its port.
  void set_runtime_api_port(std::uint16_t port);

 private:
  void wait_for(Debugger debugger);
};

// Where a custom runtime's program is looked for: docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html, and the
// order of the Runtime Interface Emulator.
inline constexpr const char* bootstrap_paths[] = {"/var/task/bootstrap", "/opt/bootstrap", "/var/runtime/bootstrap"};

// The image does not say what to run, but has a bootstrap.
bool is_custom_runtime(const Target& target);

// Where the Runtime API listens inside a sandbox that has a network of its own.
inline constexpr std::uint16_t runtime_api_port = 9001;

}  // namespace fn::function
