// SPDX-License-Identifier: Apache-2.0
#include "callee.hpp"

#include "assign_function.hpp"
#include "base/text.hpp"
#include "call_end.hpp"
#include "instance/frame.hpp"
#include "routing/route.hpp"
#include "sandbox/cgroup.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr Bytes max_answer = 64 * KiB;

void apply_defaults(Settings& settings) {
  const state::Function defaults;
  if (!settings.memory) settings.memory = defaults.memory;
  if (!settings.timeout) settings.timeout = defaults.timeout;
  if (settings.network.empty()) settings.network = state::network_name(defaults.network);
}

void refuse_settings(const Wish& wish, std::string_view what, std::string hint) {
  Settings given = wish.settings;
  given.timeout.reset();
  if (given == Settings{} && wish.command.empty() && !wish.protocol && !wish.handler && !wish.keep_alive) return;
  fail_hint(Kind::usage, std::move(hint), "{} has settings of its own", what);
}

Callee of_function(const Wish& wish, const routing::Route& route, const cli::Context& context) {
  refuse_settings(wish, fmt::format("function '{}'", route.function.name),
                  fmt::format("change them: fnrun function set {}", route.function.name));
  Callee callee;
  callee.assignment = assign_function(route, {context.home, context.lock_timeout});
  callee.assignment.keep_alive = route.function.keep_alive;
  callee.assignment.one_shot = route.function.keep_alive.count() == 0;
  callee.limit = route.function.concurrency;
  const std::string key = key_of(callee.assignment);
  for (instance::Living& each : living_instances(context.home)) {
    if (each.record.function != route.function.name) continue;
    callee.in_flight += each.record.in_flight;
    const bool has_room = each.record.concurrency == 0 || each.record.in_flight < each.record.concurrency;
    const bool can = each.record.state != instance::State::paused && each.record.state != instance::State::ending;
    if (!callee.instance && each.record.key == key && has_room && can) callee.instance = std::move(each);
  }
  return callee;
}

Callee of_image(const Wish& wish, const cli::Context& context) {
  Callee callee;
  Assignment& assignment = callee.assignment;
  assignment.where = {context.home, context.lock_timeout};
  assignment.target = wish.target;
  assignment.reference = wish.target;
  assignment.handler = wish.handler.value_or("");
  assignment.command = wish.command;
  assignment.settings = wish.settings;
  apply_defaults(assignment.settings);
  assignment.keep_alive = wish.keep_alive.value_or(std::chrono::milliseconds(0));
  assignment.one_shot = assignment.keep_alive.count() == 0;
  callee.target = find_target(wish.target, assignment.where);
  if (wish.protocol)
    assignment.protocol = state::parse_protocol(*wish.protocol);
  else if (wish.command.empty() && is_custom_runtime(*callee.target))
    assignment.protocol = state::Protocol::lambda;
  return callee;
}

std::optional<routing::Route> find_function(const Wish& wish, const cli::Context& context) {
  if (names_directory(wish.target)) return std::nullopt;
  auto store = state::Store::open_if_exists(context.home, context.lock_timeout);
  if (!store || !store->functions().find(wish.target)) return std::nullopt;
  return routing::choose(*store, wish.target);
}

}  // namespace

std::vector<instance::Living> living_instances(const std::string& home) {
  instance::Directory::List list = instance::Directory(home).list();
  if (list.swept > 0) sandbox::sweep_cgroups(sandbox::detect_cgroups());
  return std::move(list.living);
}

instance::Living find_instance(const std::string& home, const std::string& text) {
  return instance::Directory::find(living_instances(home), text);
}

Callee find_callee(const Wish& wish, const cli::Context& context) {
  if (const auto route = find_function(wish, context)) return of_function(wish, *route, context);
  if (instance::looks_like_id(wish.target)) {
    std::vector<instance::Living> living = living_instances(context.home);
    const bool known = std::any_of(living.begin(), living.end(), [&](const instance::Living& each) {
      return each.record.id.starts_with(wish.target);
    });
    if (known) {
      refuse_settings(wish, fmt::format("instance '{}'", wish.target), "they were given when it was started");
      Callee callee;
      callee.instance = instance::Directory::find(std::move(living), wish.target);
      callee.named_instance = true;
      return callee;
    }
  }
  return of_image(wish, context);
}

instance::Living start_instance(const Assignment& assignment) {
  const sys::Fd document(sys::check(memfd_create("assignment", MFD_CLOEXEC), "cannot make a file"));
  sys::write_full(document.get(), to_json(assignment).dump(), "assignment");
  sys::check(lseek(document.get(), 0, SEEK_SET), "cannot rewind a file");
  sys::Pipe answer = sys::make_pipe();
  sys::Process::Options options;
  for (char** variable = environ; *variable != nullptr; ++variable) options.environment.emplace_back(*variable);
  options.stdin_fd = document.get();
  options.stdout_fd = answer.write.get();
  sys::Process helper = sys::Process::spawn({sys::helper_path("fn-instance")}, options);
  answer.write.reset();
  const std::string text = sys::read_fd(answer.read.get(), "answer of fn-instance", max_answer);
  helper.wait();
  if (text.empty()) fail(Kind::failure, "the supervisor of the instance ended before it began");
  const Json line = Json::parse(text, "answer of fn-instance");
  if (const Json* error = line.find("error")) throw instance::decode_error(error->dump());
  const std::string& id = line.at("id").as_string();
  return instance::Directory::find(instance::Directory(assignment.where.home).look(), id);
}

}  // namespace fn::run
