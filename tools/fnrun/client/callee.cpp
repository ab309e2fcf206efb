// SPDX-License-Identifier: Apache-2.0
#include "client/callee.hpp"

#include "base/text.hpp"
#include "client/named_target.hpp"
#include "function/assign_function.hpp"
#include "function/published_port.hpp"
#include "routing/route.hpp"
#include "sandbox/cgroup/cgroup_sweep.hpp"
#include "state/store.hpp"

#include <algorithm>

namespace fn::run {
namespace {

void refuse_settings(const CallTarget& target, std::string_view what, std::string hint) {
  function::Settings given = target.settings;
  given.timeout.reset();
  if (given == function::Settings{} && target.command.empty() && !target.entrypoint && !target.protocol &&
      !target.handler && !target.keep_alive)
    return;
  fail_hint(Kind::usage, std::move(hint), "{} has settings of its own", what);
}

Callee of_function(const CallTarget& target, const routing::Route& route, const cli::Context& context) {
  refuse_settings(target, fmt::format("function '{}'", route.function.name),
                  fmt::format("change them: fnrun function set {}", route.function.name));
  Callee callee;
  callee.assignment = function::assign_function(route, {context.home, context.lock_timeout});
  callee.assignment.keep_alive = route.function.keep_alive;
  callee.assignment.one_shot = route.function.keep_alive.count() == 0;
  callee.limit = route.function.concurrency;
  const std::string key = function::key_of(callee.assignment);
  instance::Instances::List instances = instance::Instances(context.home).list();
  callee.has_dead_instances = !instances.dead.empty();
  for (instance::RunningInstance& each : instances.running) {
    if (each.record.function != route.function.name) continue;
    callee.in_flight += each.record.in_flight;
    const bool has_room = each.record.concurrency == 0 || each.record.in_flight < each.record.concurrency;
    const bool can = each.record.state != instance::State::paused && each.record.state != instance::State::ending;
    if (!callee.instance && each.record.key == key && has_room && can) callee.instance = std::move(each);
  }
  return callee;
}

Callee of_image(const CallTarget& target, const cli::Context& context, function::MissingLayers missing) {
  function::check_published(target.settings);
  Callee callee;
  function::Assignment& assignment = callee.assignment;
  assignment.state = {context.home, context.lock_timeout, context.notes()};
  assignment.target = target.name;
  assignment.reference = target.name;
  assignment.handler = target.handler.value_or("");
  assignment.command = target.command;
  assignment.entrypoint = target.entrypoint;
  assignment.settings = function::with_defaults(target.settings);
  assignment.keep_alive = target.keep_alive.value_or(std::chrono::milliseconds(0));
  assignment.one_shot = assignment.keep_alive.count() == 0;
  callee.target = find_named_target(target.name, assignment.state, missing, Named::function_or_image);
  if (target.protocol) assignment.protocol = state::parse_protocol(*target.protocol);
  return callee;
}

std::optional<routing::Route> find_function(const CallTarget& target, const cli::Context& context) {
  if (is_path(target.name)) return std::nullopt;
  auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
  if (!store || !store->functions().find(target.name)) return std::nullopt;
  return routing::choose(*store, target.name);
}

}  // namespace

std::vector<instance::RunningInstance> running_instances(const std::string& home) {
  return instance::Instances(home).list().running;
}

void sweep_dead_instances(const std::string& home) {
  const instance::Instances instances(home);
  const std::vector<std::string> dead = instances.list().dead;
  if (!dead.empty() && instances.sweep(dead) > 0) sandbox::sweep_cgroups(sandbox::detect_cgroups());
}

instance::RunningInstance find_instance(const std::string& home, const std::string& text) {
  return instance::Instances::find(running_instances(home), text);
}

Callee find_callee(const CallTarget& target, const cli::Context& context, function::MissingLayers missing) {
  if (const auto route = find_function(target, context)) return of_function(target, *route, context);
  if (instance::looks_like_id(target.name)) {
    std::vector<instance::RunningInstance> running = running_instances(context.home);
    const bool known = std::any_of(running.begin(), running.end(), [&](const instance::RunningInstance& each) {
      return each.record.id.starts_with(target.name);
    });
    if (known) {
      refuse_settings(target, fmt::format("instance '{}'", target.name),
                      "settings are given when an instance is started");
      Callee callee;
      callee.instance = instance::Instances::find(std::move(running), target.name);
      callee.named_instance = true;
      return callee;
    }
  }
  return of_image(target, context, missing);
}

}  // namespace fn::run
