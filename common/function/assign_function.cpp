// SPDX-License-Identifier: Apache-2.0
#include "assign_function.hpp"

namespace fn::run {

Assignment assign_function(const routing::Route& route, const Where& where) {
  const state::Function& function = route.function;
  Assignment assignment;
  assignment.where = where;
  assignment.target = route.descriptor.digest.str();
  assignment.reference = route.reference;
  assignment.version = route.version;
  assignment.function = function.name;
  assignment.protocol = function.protocol;
  assignment.handler = function.handler;
  // The program instead of the image's, with all its arguments.
  assignment.command = function.command;
  if (!function.command.empty()) assignment.entrypoint = "";
  Settings& settings = assignment.settings;
  settings.memory = function.memory;
  settings.timeout = function.timeout;
  if (function.milli_cpus > 0) settings.cpus = static_cast<double>(function.milli_cpus) / 1000;
  settings.pids = function.pids;
  settings.network = state::network_name(function.network);
  for (const auto& [name, value] : function.env) settings.env.push_back(name + '=' + value);
  return assignment;
}

}  // namespace fn::run
