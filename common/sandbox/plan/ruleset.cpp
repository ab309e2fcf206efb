// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/ruleset.hpp"

#include <algorithm>

namespace fn::sandbox {

std::unique_ptr<landlock::Ruleset> make_ruleset(const Plan& plan) {
  const Spec& spec = plan.spec;
  const auto is_landlock = [](const Operation& operation) { return operation.step == Step::landlock; };
  if (std::none_of(plan.lockdown.begin(), plan.lockdown.end(), is_landlock)) return nullptr;
  landlock::Request request;
  request.path_rules.push_back({"/", spec.writable ? landlock::Access::all : landlock::Access::read_execute});
  request.path_rules.push_back({"/tmp", landlock::Access::all});
  request.path_rules.push_back({"/dev", landlock::Access::device});
  request.path_rules.push_back({"/dev/shm", landlock::Access::all});
  for (const BindMount& mount : spec.mounts)
    if (!mount.read_only) request.path_rules.push_back({mount.target, landlock::Access::all});
  if (spec.network == Network::none) {
    request.bind_ports.emplace();
    request.connect_ports.emplace();
  }
  return std::make_unique<landlock::Ruleset>(std::move(request), plan.landlock_abi);
}

}  // namespace fn::sandbox
