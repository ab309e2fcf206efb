// SPDX-License-Identifier: Apache-2.0
#include "function/assignment.hpp"

#include "base/environment.hpp"
#include "base/hash.hpp"
#include "base/json_bytes.hpp"
#include "function/extensions.hpp"
#include "sandbox/plan/root_view.hpp"
#include "sys/root.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::function {
namespace {

using std::chrono::milliseconds;

Json to_json(const Settings& settings) {
  Json json = Json::object();
  json.set("network", settings.network)
      .set("env", json_of_bytes(settings.env))
      .set("mounts", json_of_bytes(settings.mounts))
      .set("publish", Json::strings(settings.publish))
      .set("writable", settings.writable)
      .set("freeze", settings.freeze)
      .set("seccomp", json_of_bytes(settings.seccomp))
      .set("require", settings.require);
  if (settings.scratch) json.set("scratch", *settings.scratch);
  if (settings.memory) json.set("memory", *settings.memory);
  if (settings.cpus) json.set("cpus", *settings.cpus);
  if (settings.pids) json.set("pids", *settings.pids);
  if (settings.timeout) json.set("timeout_ms", std::int64_t{settings.timeout->count()});
  if (settings.init_timeout) json.set("init_timeout_ms", std::int64_t{settings.init_timeout->count()});
  if (settings.user) json.set("user", *settings.user);
  if (settings.working_dir) json.set("working_dir", json_of_bytes(*settings.working_dir));
  return json;
}

double number_of(const Json& json) {
  return json.visit([](const auto& value) -> double {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>)
      return static_cast<double>(value);
    else
      fail(Kind::integrity, "is not a number");
  });
}

Settings settings_of(const Json& json) {
  Settings settings;
  settings.network = json.at("network").as_string();
  settings.env = list_of_bytes(json.at("env"));
  settings.mounts = list_of_bytes(json.at("mounts"));
  settings.publish = json.at("publish").as_strings();
  settings.writable = json.at("writable").as_bool();
  settings.freeze = json.at("freeze").as_bool();
  settings.seccomp = bytes_of(json.at("seccomp"));
  settings.require = json.at("require").as_string();
  if (const Json* value = json.find("scratch")) settings.scratch = static_cast<Bytes>(value->as_integer());
  if (const Json* value = json.find("memory")) settings.memory = static_cast<Bytes>(value->as_integer());
  if (const Json* value = json.find("cpus")) settings.cpus = number_of(*value);
  if (const Json* value = json.find("pids")) settings.pids = static_cast<std::uint64_t>(value->as_integer());
  if (const Json* value = json.find("timeout_ms")) settings.timeout = milliseconds(value->as_integer());
  if (const Json* value = json.find("init_timeout_ms")) settings.init_timeout = milliseconds(value->as_integer());
  if (const Json* value = json.find("user")) settings.user = value->as_string();
  if (const Json* value = json.find("working_dir")) settings.working_dir = bytes_of(*value);
  return settings;
}

Bytes memory_of_host() {
  return static_cast<Bytes>(sysconf(_SC_PHYS_PAGES)) * static_cast<Bytes>(sysconf(_SC_PAGESIZE));
}

// The last word of a command that has arguments is the handler, as in the Runtime Interface Emulator.
std::string handler_of(const Assignment& assignment, const std::vector<std::string>& command) {
  if (!assignment.handler.empty()) return assignment.handler;
  return command.size() >= 2 ? command.back() : "";
}

// docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: the reserved ones win over those of the image, and
// those of the image and the function's own over the others. There is no role whose keys could be given; what is only
// for one version of Ruby or .NET is left to their runtimes.
std::vector<std::string> runtime_environment(const Assignment& assignment, const std::string& handler) {
  const std::string name = function_name_of(assignment);
  const Bytes limit = assignment.settings.memory.value_or(0);
  const Bytes memory = (limit > 0 ? limit : memory_of_host()) / MiB;
  return {"_HANDLER=" + handler,
          "LAMBDA_TASK_ROOT=/var/task",
          "LAMBDA_RUNTIME_DIR=/var/runtime",
          "AWS_LAMBDA_FUNCTION_NAME=" + name,
          "AWS_LAMBDA_FUNCTION_VERSION=" + assignment.version,
          fmt::format("AWS_LAMBDA_FUNCTION_MEMORY_SIZE={}", memory),
          "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
          "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + name,
          "AWS_LAMBDA_LOG_STREAM_NAME=fnrun",
          "AWS_REGION=us-east-1",
          "AWS_DEFAULT_REGION=us-east-1",
          "AWS_EXECUTION_ENV=AWS_Lambda_provided",
          "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
          "AWS_XRAY_DAEMON_ADDRESS=169.254.79.129:2000",
          "LANG=en_US.UTF-8",
          "TZ=:UTC",
          fmt::format("PATH={}:/opt/bin", default_path),
          fmt::format("LD_LIBRARY_PATH={}:/var/task:/var/task/lib:/opt/lib",
                      "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib"),
          "NODE_PATH=/opt/nodejs/node_modules:/var/runtime/node_modules",
          "PYTHONPATH=/opt/python:/var/runtime"};
}

bool is_reserved(std::string_view variable) {
  for (const char* name : {"AWS_REGION=", "AWS_DEFAULT_REGION=", "AWS_XRAY_", "AWS_EXECUTION_ENV=", "LANG=", "TZ=",
                           "PATH=", "LD_LIBRARY_PATH=", "NODE_PATH=", "PYTHONPATH="})
    if (variable.starts_with(name)) return false;
  return true;
}

Blueprint lambda_blueprint(const Assignment& assignment, Target target) {
  Blueprint made;
  made.protocol = state::Protocol::lambda;
  const bool has_words = !assignment.command.empty() || assignment.entrypoint || !target.entrypoint.empty();
  made.any_bootstrap = !has_words;
  std::vector<std::string> command;
  // An image without an entrypoint whose CMD is the handler alone: a custom runtime.
  if (made.any_bootstrap) command = {bootstrap_paths[0]};
  if (made.any_bootstrap)
    command.insert(command.end(), target.cmd.begin(), target.cmd.end());
  else
    command = command_of(target, assignment.command, assignment.entrypoint);
  made.handler = handler_of(assignment, command);
  const std::vector<std::string> variables = runtime_environment(assignment, made.handler);
  for (const std::string& variable : variables)
    if (!is_reserved(variable)) environment::set_if_missing(target.environment, variable);
  made.spec = make_spec(target, assignment.settings, std::move(command));
  made.spec.timed = true;
  if (made.spec.network == Network::none) made.spec.network = Network::loopback;
  if (target.working_dir.empty() && !assignment.settings.working_dir) made.spec.working_dir = "/var/task";
  for (const std::string& variable : variables)
    if (is_reserved(variable)) environment::set(made.spec.environment, variable);
  if (made.spec.network != Network::host) {
    made.spec.listen_port = runtime_api_port;
    made.set_runtime_api_port(runtime_api_port);
  }
  if (target.missing_layers == 0) made.extensions = extension_names(made.spec);
  made.target = std::move(target);
  return made;
}

Blueprint exec_blueprint(const Assignment& assignment, Target target) {
  Blueprint made;
  made.spec = make_spec(target, assignment.settings, command_of(target, assignment.command, assignment.entrypoint));
  made.spec.timed = true;
  made.target = std::move(target);
  return made;
}

}  // namespace

Json to_json(const Assignment& assignment) {
  Json json = Json::object();
  json.set("home", json_of_bytes(assignment.state.home))
      .set("lock_timeout_ms", std::int64_t{assignment.state.lock_timeout.count()})
      .set("target", json_of_bytes(assignment.target))
      .set("reference", json_of_bytes(assignment.reference))
      .set("version", assignment.version)
      .set("function", assignment.function)
      .set("protocol", state::protocol_name(assignment.protocol))
      .set("handler", json_of_bytes(assignment.handler))
      .set("command", json_of_bytes(assignment.command))
      .set("settings", to_json(assignment.settings))
      .set("concurrency", assignment.concurrency)
      .set("keep_alive_ms", std::int64_t{assignment.keep_alive.count()})
      .set("one_shot", assignment.one_shot);
  if (assignment.entrypoint) json.set("entrypoint", json_of_bytes(*assignment.entrypoint));
  if (assignment.debugger) json.set("debugger", debugger_name(*assignment.debugger));
  return json;
}

Assignment assignment_of(const Json& json) {
  Assignment assignment;
  assignment.state = {bytes_of(json.at("home")), milliseconds(json.at("lock_timeout_ms").as_integer())};
  assignment.target = bytes_of(json.at("target"));
  assignment.reference = bytes_of(json.at("reference"));
  assignment.version = json.at("version").as_string();
  assignment.function = json.at("function").as_string();
  assignment.protocol = state::parse_protocol(json.at("protocol").as_string());
  assignment.handler = bytes_of(json.at("handler"));
  assignment.command = list_of_bytes(json.at("command"));
  assignment.settings = settings_of(json.at("settings"));
  assignment.concurrency = static_cast<std::uint64_t>(json.at("concurrency").as_integer());
  assignment.keep_alive = milliseconds(json.at("keep_alive_ms").as_integer());
  assignment.one_shot = json.at("one_shot").as_bool();
  if (const Json* entrypoint = json.find("entrypoint")) assignment.entrypoint = bytes_of(*entrypoint);
  if (const Json* debugger = json.find("debugger")) assignment.debugger = parse_debugger(debugger->as_string());
  return assignment;
}

Settings with_defaults(Settings settings) {
  const state::Function defaults;
  if (!settings.memory) settings.memory = defaults.memory;
  if (!settings.timeout) settings.timeout = defaults.timeout;
  if (settings.network.empty()) settings.network = network_name(defaults.network);
  return settings;
}

std::string key_of(const Assignment& assignment) {
  Json json = to_json(assignment);
  // What makes no difference to what the function sees.
  for (const char* name : {"lock_timeout_ms", "one_shot", "keep_alive_ms"}) json.erase(name);
  const Sha256::Value hash = Sha256::of(json.dump());
  return hex(std::span(hash).first(8));
}

std::string function_name_of(const Assignment& assignment) {
  return assignment.function.empty() ? "function" : assignment.function;
}

Blueprint Blueprint::make(const Assignment& assignment) {
  return make(assignment, find_target(assignment.target, assignment.state, MissingLayers::unpack));
}

Blueprint Blueprint::make(const Assignment& assignment, Target target) {
  if (!assignment.reference.empty()) target.name = assignment.reference;
  const bool is_lambda = protocol_of(assignment, target) == state::Protocol::lambda;
  Blueprint made =
      is_lambda ? lambda_blueprint(assignment, std::move(target)) : exec_blueprint(assignment, std::move(target));
  if (assignment.debugger) made.wait_for(*assignment.debugger);
  return made;
}

void Blueprint::wait_for(Debugger debugger) {
  if (any_bootstrap) {
    // Which of them it is has to be known: another program is to start it.
    const sandbox::RootView root(spec.root);
    const auto found = std::find_if(std::begin(bootstrap_paths), std::end(bootstrap_paths),
                                    [&](const char* path) { return root.has(path); });
    if (found != std::end(bootstrap_paths)) spec.command.front() = *found;
    any_bootstrap = false;
  }
  start_under(debugger, target.name, spec);
}

sandbox::Plan Blueprint::plan() const {
  sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::yes));
  if (any_bootstrap) plan.programs.assign(std::begin(bootstrap_paths), std::end(bootstrap_paths));
  return plan;
}

void Blueprint::set_runtime_api_port(std::uint16_t port) {
  environment::set(spec.environment, fmt::format("AWS_LAMBDA_RUNTIME_API=127.0.0.1:{}", port));
}

state::Protocol protocol_of(const Assignment& assignment, const Target& target) {
  if (assignment.protocol) return *assignment.protocol;
  const bool has_words = !assignment.command.empty() || assignment.entrypoint;
  return !has_words && is_custom_runtime(target) ? state::Protocol::lambda : state::Protocol::exec;
}

bool is_custom_runtime(const Target& target) {
  if (!target.entrypoint.empty()) return false;
  const std::vector<std::string>& layers = target.root.layers;
  for (std::size_t n = std::max<std::size_t>(layers.size(), 1); n-- > 0;) {
    const sys::Root layer =
        sys::Root::open(layers.empty() ? target.root.directory : target.root.directory + "/" + layers[n]);
    for (const char* path : bootstrap_paths) {
      const sys::Fd file(layer.try_open(path, O_PATH | O_CLOEXEC));
      struct stat status {};
      if (file && fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) return true;
    }
  }
  return false;
}

}  // namespace fn::function
