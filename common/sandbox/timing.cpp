// SPDX-License-Identifier: Apache-2.0
#include "sandbox/timing.hpp"

#include <fmt/format.h>

namespace fn::sandbox {

Json to_json(const Timing& timing) {
  Json lines = Json::array();
  for (const Timing::Line& line : timing.lines)
    lines.push(Json::object().set("by", line.by).set("step", line.step).set("us", line.us));
  return Json::object().set("to_command_us", timing.to_command_us).set("steps", std::move(lines));
}

std::string to_text(const Timing& timing) {
  std::string text;
  for (const Timing::Line& line : timing.lines) text += fmt::format("{:8}{:20}{:7} us\n", line.by, line.step, line.us);
  return text + fmt::format("{:28}{:7} us\n", "to the command", timing.to_command_us);
}

}  // namespace fn::sandbox
