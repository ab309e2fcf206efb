// SPDX-License-Identifier: Apache-2.0
#include "assignment.hpp"

#include "base/hash.hpp"
#include "sys/root.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

namespace fn::run {
namespace {

using std::chrono::milliseconds;

Json array_of(const std::vector<std::string>& words) {
  Json array = Json::array();
  for (const std::string& word : words) array.push(word);
  return array;
}

std::vector<std::string> words_of(const Json& json, std::string_view key) {
  std::vector<std::string> words;
  for (const Json& word : json.at(key).as_array()) words.push_back(word.as_string());
  return words;
}

Json to_json(const Settings& settings) {
  Json json = Json::object();
  json.set("network", settings.network)
      .set("env", array_of(settings.env))
      .set("mounts", array_of(settings.mounts))
      .set("writable", settings.writable)
      .set("scratch", settings.scratch)
      .set("seccomp", settings.seccomp)
      .set("require", settings.require);
  if (settings.memory) json.set("memory", *settings.memory);
  if (settings.cpus) json.set("cpus", *settings.cpus);
  if (settings.pids) json.set("pids", *settings.pids);
  if (settings.timeout) json.set("timeout_ms", std::int64_t{settings.timeout->count()});
  if (settings.user) json.set("user", *settings.user);
  if (settings.working_dir) json.set("working_dir", *settings.working_dir);
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
  settings.env = words_of(json, "env");
  settings.mounts = words_of(json, "mounts");
  settings.writable = json.at("writable").as_bool();
  settings.scratch = static_cast<Bytes>(json.at("scratch").as_integer());
  settings.seccomp = json.at("seccomp").as_string();
  settings.require = json.at("require").as_string();
  if (const Json* value = json.find("memory")) settings.memory = static_cast<Bytes>(value->as_integer());
  if (const Json* value = json.find("cpus")) settings.cpus = number_of(*value);
  if (const Json* value = json.find("pids")) settings.pids = static_cast<std::uint64_t>(value->as_integer());
  if (const Json* value = json.find("timeout_ms")) settings.timeout = milliseconds(value->as_integer());
  if (const Json* value = json.find("user")) settings.user = value->as_string();
  if (const Json* value = json.find("working_dir")) settings.working_dir = value->as_string();
  return settings;
}

// The last word of a command that has arguments is the handler, as in the Runtime Interface Emulator.
std::string handler_of(const Assignment& assignment, const std::vector<std::string>& command) {
  if (!assignment.handler.empty()) return assignment.handler;
  return command.size() >= 2 ? command.back() : "";
}

// docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: the reserved ones win over those of the image, and
// the function's own over the others.
std::vector<std::string> runtime_environment(const Assignment& assignment, const std::string& handler) {
  const std::string name = function_name_of(assignment);
  const Bytes memory = assignment.settings.memory.value_or(0) / MiB;
  return {fmt::format("AWS_LAMBDA_RUNTIME_API=127.0.0.1:{}", runtime_api_port),
          "_HANDLER=" + handler,
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
          "TZ=:UTC"};
}

void add_missing(std::vector<std::string>& environment, const std::string& variable) {
  const std::string name = variable.substr(0, variable.find('=') + 1);
  const bool known = std::any_of(environment.begin(), environment.end(),
                                 [&](const std::string& each) { return each.starts_with(name); });
  if (!known) environment.push_back(variable);
}

void force(std::vector<std::string>& environment, const std::string& variable) {
  const std::string name = variable.substr(0, variable.find('=') + 1);
  std::erase_if(environment, [&](const std::string& each) { return each.starts_with(name); });
  environment.push_back(variable);
}

bool is_reserved(std::string_view variable) {
  return !variable.starts_with("AWS_REGION=") && !variable.starts_with("AWS_DEFAULT_REGION=") &&
         !variable.starts_with("AWS_XRAY_") && !variable.starts_with("AWS_EXECUTION_ENV=") &&
         !variable.starts_with("TZ=");
}

Blueprint lambda_blueprint(const Assignment& assignment, Target target) {
  Blueprint made;
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
  made.spec = make_spec(target, assignment.settings, std::move(command));
  if (made.spec.network == sandbox::Network::none) made.spec.network = sandbox::Network::loopback;
  if (target.working_dir.empty() && !assignment.settings.working_dir) made.spec.working_dir = "/var/task";
  for (const std::string& variable : runtime_environment(assignment, made.handler)) {
    if (is_reserved(variable))
      force(made.spec.environment, variable);
    else
      add_missing(made.spec.environment, variable);
  }
  made.spec.listen_port = runtime_api_port;
  made.target = std::move(target);
  return made;
}

}  // namespace

Json to_json(const Assignment& assignment) {
  Json json = Json::object();
  json.set("home", assignment.where.home)
      .set("lock_timeout_ms", std::int64_t{assignment.where.lock_timeout.count()})
      .set("target", assignment.target)
      .set("reference", assignment.reference)
      .set("version", assignment.version)
      .set("function", assignment.function)
      .set("protocol", state::protocol_name(assignment.protocol))
      .set("handler", assignment.handler)
      .set("command", array_of(assignment.command))
      .set("settings", to_json(assignment.settings))
      .set("concurrency", assignment.concurrency)
      .set("keep_alive_ms", std::int64_t{assignment.keep_alive.count()})
      .set("one_shot", assignment.one_shot);
  if (assignment.entrypoint) json.set("entrypoint", *assignment.entrypoint);
  return json;
}

Assignment assignment_of(const Json& json) {
  Assignment assignment;
  assignment.where = {json.at("home").as_string(), milliseconds(json.at("lock_timeout_ms").as_integer())};
  assignment.target = json.at("target").as_string();
  assignment.reference = json.at("reference").as_string();
  assignment.version = json.at("version").as_string();
  assignment.function = json.at("function").as_string();
  assignment.protocol = state::parse_protocol(json.at("protocol").as_string());
  assignment.handler = json.at("handler").as_string();
  assignment.command = words_of(json, "command");
  assignment.settings = settings_of(json.at("settings"));
  assignment.concurrency = static_cast<std::uint64_t>(json.at("concurrency").as_integer());
  assignment.keep_alive = milliseconds(json.at("keep_alive_ms").as_integer());
  assignment.one_shot = json.at("one_shot").as_bool();
  if (const Json* entrypoint = json.find("entrypoint")) assignment.entrypoint = entrypoint->as_string();
  return assignment;
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
  return make(assignment, find_target(assignment.target, assignment.where));
}

Blueprint Blueprint::make(const Assignment& assignment, Target target) {
  if (!assignment.reference.empty()) target.name = assignment.reference;
  if (assignment.protocol == state::Protocol::lambda) return lambda_blueprint(assignment, std::move(target));
  Blueprint made;
  made.spec = make_spec(target, assignment.settings, command_of(target, assignment.command, assignment.entrypoint));
  made.target = std::move(target);
  return made;
}

sandbox::Plan Blueprint::plan() const {
  sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::yes));
  if (any_bootstrap) plan.programs.assign(std::begin(bootstrap_paths), std::end(bootstrap_paths));
  return plan;
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

}  // namespace fn::run
