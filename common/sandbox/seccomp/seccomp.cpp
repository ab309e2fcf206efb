// SPDX-License-Identifier: Apache-2.0
#include "sandbox/seccomp/seccomp.hpp"

#include <algorithm>

namespace fn::sandbox::seccomp {

Action mildest(const Policy& policy, std::uint32_t number) {
  const auto call =
      std::find_if(policy.calls.begin(), policy.calls.end(), [&](const Call& each) { return each.number == number; });
  if (call == policy.calls.end()) return number > policy.newest ? policy.newer : policy.unlisted;
  Action found = call->action;
  const auto rank = [](Action action) { return static_cast<std::int32_t>(action.value); };
  for (const Rule& rule : call->rules)
    if (rank(rule.action) > rank(found)) found = rule.action;
  return found;
}

}  // namespace fn::sandbox::seccomp
