// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/wall.hpp"

#include <algorithm>

namespace fn::sandbox {

std::string_view wall_name(Wall wall) {
  return wall_names.at(static_cast<std::size_t>(wall));
}

std::optional<Wall> parse_wall(std::string_view name) {
  // "pidns" is what the kernel's manual calls the wall "pid".
  if (name.ends_with("ns") && name.size() > 2) name.remove_suffix(2);
  const auto found = std::find(wall_names.begin(), wall_names.end(), name);
  if (found == wall_names.end()) return std::nullopt;
  return static_cast<Wall>(found - wall_names.begin());
}

std::string_view level_name(WallState::Level level) {
  switch (level) {
    case WallState::Level::up:
      return "up";
    case WallState::Level::approximate:
      return "approximate";
    case WallState::Level::down:
      return "down";
    case WallState::Level::unwanted:
      return "unwanted";
  }
  return "down";
}

}  // namespace fn::sandbox
