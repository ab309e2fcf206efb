// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "identity.hpp"
#include "sandbox/seccomp_oci.hpp"
#include "sandbox/seccomp_profile.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <sys/utsname.h>

namespace fn::run {
namespace {

constexpr Bytes max_profile = 4 * MiB;
constexpr std::uint64_t default_pids = 1024;  // as AWS Lambda has it

void set_variable(std::vector<std::string>& environment, const std::string& variable) {
  const std::string name = variable.substr(0, variable.find('=') + 1);
  const auto has_name = [&](const std::string& each) { return each.starts_with(name); };
  const auto found = std::find_if(environment.begin(), environment.end(), has_name);
  if (found == environment.end())
    environment.push_back(variable);
  else
    *found = variable;
}

// "K=V", or "K" for the value that we have ourselves.
void add_variable(std::vector<std::string>& environment, const std::string& word) {
  if (word.empty() || word.front() == '=') fail(Kind::usage, "flag '--env' can't be '{}'", printable(word));
  if (word.find('=') != std::string::npos) return set_variable(environment, word);
  if (const char* value = std::getenv(word.c_str())) set_variable(environment, word + "=" + value);
}

sandbox::BindMount parse_mount(const std::string& word) {
  const auto fail_form = [&] {
    fail_hint(Kind::usage, "it is SRC:DST or SRC:DST:ro", "flag '--mount' can't be '{}'", printable(word));
  };
  const std::vector<std::string> parts = split(word, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty()) fail_form();
  if (parts.size() == 3 && parts[2] != "ro" && parts[2] != "rw") fail_form();
  char absolute[PATH_MAX];
  if (realpath(parts[0].c_str(), absolute) == nullptr)
    sys::fail_errno(errno, fmt::format("cannot mount '{}'", printable(parts[0])));
  return {.source = absolute, .target = parts[1], .read_only = parts.size() == 3 && parts[2] == "ro"};
}

sandbox::Network parse_network(const std::string& word) {
  if (word == "host") return sandbox::Network::host;
  if (word == "loopback") return sandbox::Network::loopback;
  return sandbox::Network::none;
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
      fail_hint(Kind::usage, fmt::format("it is a list of {}", fmt::join(sandbox::wall_names, ", ")),
                "flag '--require' can't be '{}'", printable(name));
    walls.push_back(*wall);
  }
  return walls;
}

}  // namespace

std::vector<sock_filter> seccomp_program(const std::string& choice) {
  namespace seccomp = sandbox::seccomp;
  if (choice == "off") return {};
  if (choice == "default") return seccomp::compile(seccomp::default_profile()).program;
  if (choice == "strict") return seccomp::compile(seccomp::strict_profile()).program;
  utsname names{};
  uname(&names);
  const std::string text = sys::read_file(choice, max_profile);
  return seccomp::compile(
             seccomp::parse_oci_profile(text, fmt::format("profile '{}'", printable(choice)), names.release))
      .program;
}

std::vector<std::string> command_of(const Target& target, const std::vector<std::string>& words,
                                    const std::optional<std::string>& entrypoint) {
  std::vector<std::string> command = target.entrypoint;
  if (entrypoint) command = entrypoint->empty() ? std::vector<std::string>{} : std::vector<std::string>{*entrypoint};
  const std::vector<std::string>& rest = words.empty() && !entrypoint ? target.cmd : words;
  command.insert(command.end(), rest.begin(), rest.end());
  if (command.empty())
    throw Error(Kind::usage, fmt::format("'{}' says nothing of what to run", printable(target.name)),
                fmt::format("give a command: fnrun run {} -- CMD", printable(target.name)))
        .as(0, "no_entrypoint");
  return command;
}

sandbox::Spec make_spec(const Target& target, const Settings& settings, std::vector<std::string> command) {
  sandbox::Spec spec;
  spec.root = target.root;
  spec.command = std::move(command);
  spec.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp"};
  for (const std::string& variable : target.environment) set_variable(spec.environment, variable);
  for (const std::string& word : settings.env) add_variable(spec.environment, word);
  if (!target.working_dir.empty()) spec.working_dir = target.working_dir;
  if (settings.working_dir) spec.working_dir = *settings.working_dir;
  spec.identity = resolve_user(settings.user.value_or(target.user), target.root);
  for (const std::string& word : settings.mounts) spec.mounts.push_back(parse_mount(word));
  spec.writable = settings.writable;
  spec.scratch_bytes = settings.scratch;
  spec.network = parse_network(settings.network);
  spec.limits = {.memory = settings.memory, .cpus = settings.cpus, .pids = settings.pids.value_or(default_pids)};
  if (spec.limits.pids == 0U) spec.limits.pids.reset();
  spec.filter = seccomp_program(settings.seccomp);
  spec.require = parse_walls(settings.require);
  return spec;
}

}  // namespace fn::run
