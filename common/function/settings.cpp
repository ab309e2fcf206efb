// SPDX-License-Identifier: Apache-2.0
#include "function/settings.hpp"

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "function/identity.hpp"
#include "function/published_port.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_oci.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <span>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <utility>

namespace fn::function {
namespace {

constexpr Bytes max_profile = 4 * MiB;
constexpr std::uint64_t default_pids = 1024;  // as AWS Lambda has it
constexpr std::uint64_t most_pids = 4194304;  // PID_MAX_LIMIT of the kernel
constexpr Bytes default_scratch = 64 * MiB;
constexpr Bytes least_scratch = 64 * KiB;  // names in /etc and whatever else is put there

template <typename Value>
std::optional<Value> limit(std::optional<Value> value) {
  return value == Value{0} ? std::nullopt : value;
}

// "K=V", or "K" for the value that we have ourselves.
void add_variable(std::vector<std::string>& list, const std::string& word) {
  if (word.empty() || word.front() == '=') fail(Kind::usage, "invalid value '{}' for flag '--env'", printable(word));
  if (word.find('=') != std::string::npos) return environment::set(list, word);
  if (const char* value = std::getenv(word.c_str())) environment::set(list, word + "=" + value);
}

sandbox::BindMount parse_mount(const std::string& word) {
  const auto fail_form = [&] {
    fail_hint(Kind::usage, "use SRC:DST or SRC:DST:ro", "invalid value '{}' for flag '--mount'", printable(word));
  };
  const std::vector<std::string> parts = split(word, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty()) fail_form();
  if (parts.size() == 3 && parts[2] != "ro" && parts[2] != "rw") fail_form();
  char absolute[PATH_MAX];
  if (realpath(parts[0].c_str(), absolute) == nullptr)
    sys::fail_errno(errno, fmt::format("cannot mount '{}'", printable(parts[0])));
  return {.source = absolute, .target = parts[1], .read_only = parts.size() == 3 && parts[2] == "ro"};
}

// Nobody can listen where no interface is up.
Network network_of(const Settings& settings) {
  const Network network = settings.network.empty() ? Network::none : parse_network(settings.network);
  if (published_ports(settings).empty()) return network;
  if (network == Network::host)
    fail_hint(Kind::usage, "what listens on the host's network is there already; or use '--net loopback'",
              "'--publish' needs a network of the sandbox's own, and this is '--net host'");
  return Network::loopback;
}

std::vector<sandbox::Wall> parse_walls(const std::string& list) {
  std::vector<sandbox::Wall> walls;
  for (const std::string& name : split(list, ',')) {
    if (name.empty()) continue;
    if (name == "cgroup") {  // whoever says that means the limits
      for (const sandbox::Wall limit : {sandbox::Wall::memory, sandbox::Wall::cpus, sandbox::Wall::pids})
        walls.push_back(limit);
      continue;
    }
    const auto wall = sandbox::parse_wall(name);
    if (!wall)
      fail_hint(Kind::usage, fmt::format("use a list of {}", fmt::join(sandbox::wall_names, ", ")),
                "invalid value '{}' for flag '--require'", printable(name));
    walls.push_back(*wall);
  }
  return walls;
}

// What common/sandbox/child/command_process.cpp calls after the filter stands. Only the clock may fail.
void check_last_step(const sandbox::seccomp::Policy& policy, std::string_view subject) {
  using Call = std::pair<std::uint32_t, std::string_view>;
  for (const auto& [number, name] : {Call(SYS_read, "read"), Call(SYS_clock_gettime, "clock_gettime"),
                                     Call(SYS_execve, "execve"), Call(SYS_exit_group, "exit_group")}) {
    const sandbox::seccomp::Action action = sandbox::seccomp::mildest(policy, number);
    if (number == SYS_clock_gettime ? !is_survived(action) : !passes(action))
      fail_hint(Kind::usage, fmt::format("add '{}' to the calls that it allows", name),
                "{} refuses '{}', without which no command can be started", subject, name);
  }
}

}  // namespace

std::vector<sock_filter> seccomp_program(const std::string& choice) {
  namespace seccomp = sandbox::seccomp;
  if (choice == "off") return {};
  if (choice.empty() || choice == "default") {
    const std::span<const sock_filter> program = seccomp::default_filter();
    return {program.begin(), program.end()};
  }
  if (choice == "strict") return seccomp::compile(seccomp::strict_profile()).program;
  utsname names{};
  uname(&names);
  const std::string text = sys::read_file(choice, max_profile);
  const std::string subject = fmt::format("profile '{}'", printable(choice));
  const seccomp::Policy policy = seccomp::parse_oci_profile(text, subject, names.release);
  check_last_step(policy, subject);
  return seccomp::compile(policy).program;
}

void check_limits(const Settings& settings) {
  const Bytes memory = settings.memory.value_or(0);
  if (memory > 0 && memory < sandbox::least_memory)
    fail_hint(Kind::usage, "'512M' and '512MiB' mean 512 x 2^20 bytes",
              "{} bytes of memory are not enough to start a program: the least memory limit is {}MiB", memory,
              sandbox::least_memory / MiB);
  const Bytes scratch = settings.scratch.value_or(0);
  if (scratch > 0 && scratch < least_scratch)
    fail_hint(Kind::usage, "'64M' and '64MiB' mean 64 x 2^20 bytes",
              "a --tmp-size of {} bytes does not hold the sandbox's own files: the least is {}KiB", scratch,
              least_scratch / KiB);
  if (settings.pids.value_or(0) > most_pids)
    fail_hint(Kind::usage, "0 means no limit", "--pids {} is more than Linux can have: at most {}", *settings.pids,
              most_pids);
}

Settings settled(Settings settings) {
  std::vector<std::string> variables;
  for (const std::string& word : settings.env) add_variable(variables, word);
  settings.env = std::move(variables);
  for (std::string& word : settings.mounts) {
    const sandbox::BindMount mount = parse_mount(word);
    if (mount.source.find(':') != std::string::npos)
      fail(Kind::usage, "cannot mount '{}': its absolute path has a ':'", printable(mount.source));
    word = fmt::format("{}:{}{}", mount.source, mount.target, mount.read_only ? ":ro" : "");
  }
  check_published(settings);
  settings.allow_remote = false;
  for (std::string& word : settings.publish) word = parse_published(word).str();
  (void)parse_walls(settings.require);
  (void)seccomp_program(settings.seccomp);
  const bool is_file = !settings.seccomp.empty() && settings.seccomp != "default" && settings.seccomp != "strict" &&
                       settings.seccomp != "off";
  if (is_file) settings.seccomp = std::filesystem::absolute(settings.seccomp).lexically_normal().string();
  return settings;
}

std::vector<std::string> mount_sources(const Settings& settings) {
  std::vector<std::string> sources;
  for (const std::string& word : settings.mounts) sources.push_back(parse_mount(word).source);
  return sources;
}

std::vector<std::string> command_of(const Target& target, const std::vector<std::string>& words,
                                    const std::optional<std::string>& entrypoint) {
  std::vector<std::string> command = target.entrypoint;
  if (entrypoint) command = entrypoint->empty() ? std::vector<std::string>{} : std::vector<std::string>{*entrypoint};
  const std::vector<std::string>& rest = words.empty() && !entrypoint ? target.cmd : words;
  command.insert(command.end(), rest.begin(), rest.end());
  if (command.empty())
    throw Error(Kind::usage, fmt::format("'{}' does not say what to run", printable(target.name)),
                "give a command after '--', or another program with --entrypoint")
        .as(0, "no_entrypoint");
  return command;
}

sandbox::Spec make_spec(const Target& target, const Settings& settings, std::vector<std::string> command) {
  check_limits(settings);
  sandbox::Spec spec;
  spec.root = target.root;
  spec.command = std::move(command);
  spec.identity = resolve_user(settings.user.value_or(target.user), target.root);
  spec.environment = {fmt::format("PATH={}", default_path),
                      "HOME=" + (spec.identity.home.empty() ? "/tmp" : spec.identity.home)};
  for (const std::string& variable : target.environment) environment::set(spec.environment, variable);
  for (const std::string& word : settings.env) add_variable(spec.environment, word);
  if (!target.working_dir.empty()) spec.working_dir = target.working_dir;
  if (settings.working_dir) spec.working_dir = *settings.working_dir;
  for (const std::string& word : settings.mounts) spec.mounts.push_back(parse_mount(word));
  spec.writable = settings.writable;
  spec.scratch_bytes = settings.scratch.value_or(default_scratch);
  spec.network = network_of(settings);
  spec.limits = {.memory = limit(settings.memory),
                 .cpus = limit(settings.cpus),
                 .pids = limit(std::optional(settings.pids.value_or(default_pids)))};
  spec.filter = seccomp_program(settings.seccomp);
  spec.require = parse_walls(settings.require);
  return spec;
}

}  // namespace fn::function
