// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/spec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::function {

// What a program can be debugged by, each in the way of its language: the program waits inside until somebody connects.
enum class Debugger {
  node,    // the inspector of Node.js; breaks at the first line
  python,  // debugpy if the image has it, else pdb, which breaks at the first line
  gdb,     // gdbserver, which the image must have
};
std::string_view debugger_name(Debugger debugger);
// Throws integrity for any other name.
Debugger parse_debugger(std::string_view name);

// Where its clients look for it: the port inside, and outside unless another is asked for.
std::uint16_t port_of(Debugger debugger);

// Makes the command of a sandbox wait for the debugger on its port. Of several processes the first one has it. For gdb
// the filter lets processes inside trace each other. `name` is what people call the root. Throws not_found, with what
// to install, if the root has not what it takes.
void start_under(Debugger debugger, const std::string& name, sandbox::Spec& spec);
// The environment without what start_under() put there, for a program that is not to be debugged.
void remove_debugger(std::vector<std::string>& environment);

}  // namespace fn::function
