// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "sandbox/plan/plan.hpp"

namespace fn::sandbox {

std::vector<std::string> program_paths(const Spec& spec) {
  const std::string& name = spec.command.front();
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return {name};
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : spec.environment)
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  std::vector<std::string> programs;
  for (const std::string& directory : split(path, ':'))
    programs.push_back(directory.empty() ? name : directory + "/" + name);
  return programs;
}

}  // namespace fn::sandbox
