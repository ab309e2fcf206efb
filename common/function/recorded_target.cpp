// SPDX-License-Identifier: Apache-2.0
// Apart from target.cpp, like directory_target.cpp: the program that runs an image by its record has no database.
#include "base/error.hpp"
#include "function/target.hpp"
#include "rootfs/layer_lock.hpp"
#include "state/run_records.hpp"

namespace fn::function {

std::optional<Target> recorded_target(const std::string& text, const std::string& home) {
  auto record = state::RunRecords(home).find(text);
  if (!record) return std::nullopt;
  Target target;
  target.name = text;
  target.root.directory = home + "/layers";
  auto held = rootfs::hold_layers(target.root.directory, record->layers);
  if (!held) return std::nullopt;
  target.holds = std::move(*held);
  target.root.layers = std::move(record->layers);
  target.entrypoint = std::move(record->entrypoint);
  target.cmd = std::move(record->cmd);
  target.environment = std::move(record->environment);
  target.working_dir = std::move(record->working_dir);
  target.user = std::move(record->user);
  return target;
}

}  // namespace fn::function
