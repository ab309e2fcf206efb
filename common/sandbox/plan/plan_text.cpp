// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/plan.hpp"

#include <fmt/format.h>
#include <sched.h>

namespace fn::sandbox {

Json to_json(const std::vector<WallState>& walls) {
  Json list = Json::array();
  for (const WallState& state : walls) {
    Json each = Json::object().set("wall", wall_name(state.wall)).set("state", level_name(state.level));
    if (!state.reason.empty()) each.set("reason", state.reason);
    list.push(std::move(each));
  }
  return list;
}

namespace {

std::vector<std::string_view> namespace_names(unsigned long flags) {
  std::vector<std::string_view> names;
  if ((flags & CLONE_NEWUSER) != 0) names.push_back("user");
  if ((flags & CLONE_NEWNS) != 0) names.push_back("mount");
  if ((flags & CLONE_NEWPID) != 0) names.push_back("pid");
  if ((flags & CLONE_NEWIPC) != 0) names.push_back("ipc");
  if ((flags & CLONE_NEWUTS) != 0) names.push_back("uts");
  if ((flags & CLONE_NEWNET) != 0) names.push_back("net");
  return names;
}

template <typename Visitor>
void each_operation(const Plan& plan, Visitor visit) {
  for (const Operation& operation : plan.beside) visit("init", operation);
  for (const Operation& operation : plan.opening) visit("command", operation);
  for (const Operation& operation : plan.setup) visit("command", operation);
  for (const Operation& operation : plan.lockdown) visit("command", operation);
}

}  // namespace

Json to_json(const Plan& plan) {
  Json names = Json::array();
  for (const std::string_view name : namespace_names(plan.namespaces)) names.push(name);
  Json operations = Json::array();
  each_operation(plan, [&](std::string_view by, const Operation& operation) {
    operations.push(Json::object()
                        .set("by", by)
                        .set("step", step_name(operation.step))
                        .set("text", describe(operation))
                        .set("optional", operation.optional));
  });
  return Json::object()
      .set("namespaces", std::move(names))
      .set("operations", std::move(operations))
      .set("walls", to_json(plan.walls));
}

std::string to_text(const Plan& plan) {
  std::string text = "namespaces";
  for (const std::string_view name : namespace_names(plan.namespaces)) text += fmt::format(" {}", name);
  text += '\n';
  each_operation(plan, [&](std::string_view by, const Operation& operation) {
    text += fmt::format("{:8}{}\n", by, describe(operation));
  });
  for (const WallState& state : plan.walls)
    if (state.level != WallState::Level::up)
      text += fmt::format("wall    {} is {}: {}\n", wall_name(state.wall), level_name(state.level), state.reason);
  return text;
}

}  // namespace fn::sandbox
