// SPDX-License-Identifier: Apache-2.0
#include "function/assign_function.hpp"

namespace fn::function {

Assignment assign_function(const routing::Route& route, const StateOptions& state) {
  const state::Function& function = route.function;
  Assignment assignment;
  assignment.state = state;
  assignment.target = route.descriptor.digest.str();
  assignment.reference = route.reference;
  assignment.version = route.version;
  assignment.function = function.name;
  assignment.protocol = function.protocol;
  assignment.handler = function.handler;
  assignment.entrypoint = function.entrypoint;
  assignment.command = function.command;
  Settings& settings = assignment.settings;
  settings.memory = function.memory;
  settings.timeout = function.timeout;
  settings.init_timeout = function.init_timeout;
  if (function.milli_cpus > 0) settings.cpus = static_cast<double>(function.milli_cpus) / 1000;
  settings.pids = function.pids;
  settings.network = network_name(function.network);
  settings.mounts = function.mounts;
  settings.publish = function.publish;
  settings.user = function.user;
  settings.working_dir = function.working_dir;
  settings.writable = function.writable;
  settings.freeze = function.freeze;
  settings.scratch = function.scratch;
  settings.seccomp = function.seccomp;
  settings.require = function.require;
  for (const auto& [name, value] : function.env) settings.env.push_back(name + '=' + value);
  return assignment;
}

}  // namespace fn::function
