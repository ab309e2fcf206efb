// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "sandbox/plan/plan.hpp"

#include <algorithm>

namespace fn::sandbox {

const WallState& Plan::wall(Wall wall) const {
  const auto found =
      std::find_if(walls.begin(), walls.end(), [&](const WallState& state) { return state.wall == wall; });
  if (found == walls.end()) fail(Kind::internal, "no state of wall '{}'", wall_name(wall));
  return *found;
}

void check_required(const std::vector<WallState>& walls, const std::vector<Wall>& required) {
  for (const WallState& state : walls) {
    if (state.level == WallState::Level::up) continue;
    if (std::find(required.begin(), required.end(), state.wall) == required.end()) continue;
    fail_hint(Kind::unsupported, "'fnrun doctor' shows how to fix it; without --require it runs anyway",
              "required wall '{}' is {}: {}", wall_name(state.wall), level_name(state.level), state.reason);
  }
}

void insist_on_required(Plan& plan) {
  for (auto* const operations : {&plan.beside, &plan.opening, &plan.setup, &plan.lockdown})
    for (Operation& operation : *operations)
      if (is_required(plan.spec, operation.wall)) operation.optional = false;
}

}  // namespace fn::sandbox
