// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "client/function_settings.hpp"
#include "client/settings_flags.hpp"
#include "function/settings.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fn::run {
namespace {

using state::Function;
using std::chrono::milliseconds;

struct Request {
  std::string name;
  std::optional<std::string> reference;  // none: the image that it has
  function::Settings settings;
  std::optional<std::string> protocol;
  std::optional<std::string> handler;
  std::optional<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::string> command_words;  // the same by --command
  std::optional<milliseconds> keep_alive;
  std::optional<std::uint64_t> concurrency;
  std::vector<std::string> unset_env;
  std::vector<std::string> reset;
};

template <auto Member>
void give_back(Function& function) {
  function.*Member = Function{}.*Member;
}

// What --reset knows: each becomes what a new function has.
constexpr std::pair<std::string_view, void (*)(Function&)> resets[] = {
    {"memory", give_back<&Function::memory>},
    {"timeout", give_back<&Function::timeout>},
    {"init-timeout", give_back<&Function::init_timeout>},
    {"cpus", give_back<&Function::milli_cpus>},
    {"pids", give_back<&Function::pids>},
    {"net", give_back<&Function::network>},
    {"protocol", give_back<&Function::protocol>},
    {"handler", give_back<&Function::handler>},
    {"entrypoint", give_back<&Function::entrypoint>},
    {"command", give_back<&Function::command>},
    {"keep-alive", give_back<&Function::keep_alive>},
    {"concurrency", give_back<&Function::concurrency>},
    {"env", give_back<&Function::env>},
    {"mount", give_back<&Function::mounts>},
    {"publish", give_back<&Function::publish>},
    {"user", give_back<&Function::user>},
    {"workdir", give_back<&Function::working_dir>},
    {"writable", give_back<&Function::writable>},
    {"freeze", give_back<&Function::freeze>},
    {"tmp-size", give_back<&Function::scratch>},
    {"seccomp", give_back<&Function::seccomp>},
    {"require", give_back<&Function::require>}};

std::vector<std::string> reset_names() {
  std::vector<std::string> names;
  for (const auto& [name, reset] : resets) names.emplace_back(name);
  return names;
}

// A reference as it is kept: a tag is followed, all else stands for one image forever.
std::string image_of(const state::Store& store, const std::string& text) {
  const state::ImageRow image = store.resolve(text);
  const auto reference = oci::Reference::parse(text);
  if (reference.digest().empty() && reference.str() == image.reference) return image.reference;
  const std::string name = image.reference.substr(0, image.reference.rfind(':'));
  return fmt::format("{}@{}", name, image.descriptor.digest.str());
}

std::uint64_t milli_cpus_of(double cpus) {
  constexpr double most = 1e6;
  const double thousandths = std::round(cpus * 1000);
  if (cpus > most || (cpus > 0 && thousandths < 1))
    fail(Kind::usage, "invalid value '{}' for flag '--cpus': use 0.001 to {}, or 0 for no limit", cpus, most);
  return std::uint64_t(thousandths);
}

// The request in words that mean the same wherever the function is called from.
Request settled(Request request) {
  state::check_function_name(request.name);
  function::check_limits(request.settings);
  if (request.settings.cpus) milli_cpus_of(*request.settings.cpus);
  if (!request.command.empty() && !request.command_words.empty())
    fail(Kind::usage, "'--command' and '--' are the same, and both are given");
  if (request.command.empty()) request.command = request.command_words;
  request.settings = function::settled(std::move(request.settings));
  return request;
}

std::string_view place_of(std::string_view mount) {
  mount.remove_prefix(mount.find(':'));
  return mount.ends_with(":ro") ? mount.substr(0, mount.size() - 3) : mount;
}

std::string_view port_inside(std::string_view port) {
  return port.substr(port.rfind(':'));
}

// One for each place: a later one takes it over.
void add_mount(std::vector<std::string>& mounts, const std::string& mount) {
  std::erase_if(mounts, [&](const std::string& each) { return place_of(each) == place_of(mount); });
  mounts.push_back(mount);
}

// Likewise, for each port inside.
void add_port(std::vector<std::string>& ports, const std::string& port) {
  std::erase_if(ports, [&](const std::string& each) { return port_inside(each) == port_inside(port); });
  ports.push_back(port);
}

template <typename Target, typename Value>
void assign(Target& target, const std::optional<Value>& value) {
  if (value) target = *value;
}

// What the request makes of a function; `image` is empty if it names none. No I/O: it runs inside a transaction.
Function edited(const std::optional<Function>& before, const Request& request, const std::string& image) {
  if (!before && image.empty()) fail(Kind::not_found, "function '{}' not found", request.name);
  Function function = before.value_or(Function{});
  function.name = request.name;
  if (!image.empty()) function.image = image;
  for (const auto& [name, reset] : resets)
    if (std::find(request.reset.begin(), request.reset.end(), name) != request.reset.end()) reset(function);
  const function::Settings& settings = request.settings;
  assign(function.memory, settings.memory);
  assign(function.timeout, settings.timeout);
  assign(function.init_timeout, settings.init_timeout);
  if (settings.cpus) function.milli_cpus = milli_cpus_of(*settings.cpus);
  assign(function.pids, settings.pids);
  if (!settings.network.empty()) function.network = parse_network(settings.network);
  if (request.protocol) function.protocol = state::parse_protocol(*request.protocol);
  assign(function.handler, request.handler);
  assign(function.entrypoint, request.entrypoint);
  if (!request.command.empty()) function.command = request.command;
  if (function.command == std::vector<std::string>{""}) function.command.clear();
  assign(function.keep_alive, request.keep_alive);
  assign(function.concurrency, request.concurrency);
  for (const std::string& mount : settings.mounts) add_mount(function.mounts, mount);
  for (const std::string& port : settings.publish) add_port(function.publish, port);
  assign(function.user, settings.user);
  assign(function.working_dir, settings.working_dir);
  if (settings.writable) function.writable = true;
  if (settings.freeze) function.freeze = true;
  assign(function.scratch, settings.scratch);
  if (!settings.seccomp.empty()) function.seccomp = settings.seccomp;
  if (!settings.require.empty()) function.require = settings.require;
  if (!function.publish.empty() && function.network == Network::host)
    fail_hint(Kind::usage, "use '--net loopback', or '--reset publish'",
              "ports can be published from a network of the function's own only, and this is '--net host'");
  for (const std::string& name : request.unset_env) function.env.erase(name);
  for (const std::string& pair : settings.env)
    function.env[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
  return function;
}

struct FunctionSet {
  static constexpr std::string_view name = "function set";
  static constexpr std::string_view summary = "create a function from an image, or change its settings";
  static std::vector<cli::Example> examples() {
    return {{"fnrun function set resize app:v1 --memory 256MiB --timeout 3s", "a new one, or another image and limits"},
            {"fnrun function set resize --env MODE=fast", "change only this"},
            {"fnrun function set resize --mount ./data:/data:ro -- ./resize --fast", "a mount, and another command"},
            {"fnrun function set resize app@sha256:3f2a9c..", "pin one image, whatever happens to the tag"}};
  }

  using Request = run::Request;
  static void declare(cli::Command& command, Request& request) {
    using cli::Complete;
    const cli::Value n{.name = "N"};
    declare_settings(command, request.settings);
    declare_publish(command, request.settings);
    declare_allow_remote(command, request.settings);
    declare_protocol(command, request.protocol);
    declare_init_timeout(command, request.settings);
    declare_freeze(command, request.settings);
    declare_entrypoint(command, request.entrypoint);
    command.option("--handler", request.handler, {.name = "HANDLER"}, "what the runtime calls (protocol lambda)")
        .option("--command", request.command_words, {.name = "ARG"}, "a word of the command, as after '--'")
        .duration("--keep-alive", request.keep_alive, "how long an instance waits for the next call (new: 5m)")
        .option("--concurrency", request.concurrency, n, "concurrent calls (new: no limit); 0: no limit")
        .option("--unset-env", request.unset_env, {.name = "NAME"}, "remove an environment variable")
        .option("--reset", request.reset, {.name = "SETTING", .choices = reset_names()},
                "back to what a new function has: memory, mount, writable, ..")
        .positional(request.name, {.name = "NAME", .complete = Complete::function}, cli::Required::yes, "the function")
        .positional(request.reference, {.name = "REF", .complete = Complete::reference},
                    "its image: NAME:TAG follows the tag, a digest is fixed")
        .command(request.command, {.name = "CMD"}, cli::Required::no,
                 "what takes the events, after the image's entrypoint; '': the image's again");
  }

  struct Plan {
    Request request;
    std::string image;  // empty: as it was
    std::optional<Function> before;
    Function after;
    oci::Digest digest;
  };
  using Result = Plan;

  static Plan plan(const Request& given, cli::Context& context) {
    const Request request = settled(given);
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    Plan plan{.request = request,
              .image = request.reference ? image_of(store, *request.reference) : "",
              .before = request.reference ? store.functions().find(request.name) : store.functions().get(request.name),
              .after = {},
              .digest = {}};
    plan.after = edited(plan.before, request, plan.image);
    plan.digest = digest_of(store, plan.after);
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    Result result = plan;
    const auto edit = [&](const std::optional<Function>& now) {
      result.before = now;
      return edited(now, plan.request, plan.image);
    };
    result.after = store.functions().set(plan.request.name, edit, context.clock.now());
    result.digest = digest_of(store, result.after);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would be ");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, ""); }

  struct Change {
    std::string setting;
    std::optional<std::string> before;
    std::optional<std::string> after;
  };

  static std::vector<Change> changes(const Plan& plan) {
    std::vector<Change> changes;
    const auto find = [&](const std::string& setting) {
      return std::find_if(changes.begin(), changes.end(), [&](const Change& each) { return each.setting == setting; });
    };
    if (plan.before)
      for (auto& [setting, value] : settings_of(*plan.before)) changes.push_back({setting, value, std::nullopt});
    for (auto& [setting, value] : settings_of(plan.after)) {
      const auto known = find(setting);
      if (known == changes.end())
        changes.push_back({setting, std::nullopt, value});
      else
        known->after = value;
    }
    std::erase_if(changes, [](const Change& change) { return change.before == change.after; });
    return changes;
  }

  static cli::Report report_as(const Plan& plan, std::string_view would_be) {
    const std::vector<Change> changed = changes(plan);
    const std::string_view change = !plan.before ? "made" : changed.empty() ? "unchanged" : "changed";
    cli::Report report;
    Json array = Json::array();
    report.text =
        fmt::format("{} {}{}: {}\n", plan.after.name, changed.empty() ? "is " : would_be, change, plan.after.image);
    for (const auto& [setting, before, after] : changed) {
      const auto json = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(); };
      array.push(Json::object().set("setting", setting).set("before", json(before)).set("after", json(after)));
      if (plan.before)
        report.text += fmt::format("  {}: {} -> {}\n", printable(setting), printable(before.value_or("unset")),
                                   printable(after.value_or("unset")));
    }
    report.json.set("change", change).set("changes", std::move(array));
    report.json.set("function", json_of(plan.after, plan.digest));
    report.quiet = plan.after.name;
    return report;
  }
};

}  // namespace

cli::Verb function_set_verb() {
  return cli::verb<FunctionSet>();
}

}  // namespace fn::run
