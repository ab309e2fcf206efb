// SPDX-License-Identifier: Apache-2.0
#include "sandbox/operation.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace fn::sandbox {

std::string_view step_name(Step step) {
  switch (step) {
    case Step::private_mounts:
      return "private mounts";
    case Step::scratch:
      return "mount scratch";
    case Step::make_directory:
      return "make directory";
    case Step::make_file:
      return "make file";
    case Step::make_link:
      return "make link";
    case Step::overlay_root:
      return "mount root";
    case Step::bind_root:
      return "bind root";
    case Step::device:
      return "bind device";
    case Step::bind_scratch:
      return "bind scratch";
    case Step::terminals:
      return "mount devpts";
    case Step::proc:
      return "mount proc";
    case Step::bind_host:
      return "bind host";
    case Step::pivot:
      return "pivot root";
    case Step::host_name:
      return "host name";
    case Step::loopback:
      return "loopback";
    case Step::listen:
      return "listen";
    case Step::open_terminal:
      return "open terminal";
    case Step::join_cgroups:
      return "join cgroups";
    case Step::cgroup_namespace:
      return "cgroup namespace";
    case Step::session:
      return "session";
    case Step::streams:
      return "streams";
    case Step::working_dir:
      return "working directory";
    case Step::rlimit:
      return "rlimit";
    case Step::time_namespace:
      return "time namespace";
    case Step::bounding_set:
      return "bounding set";
    case Step::identity:
      return "identity";
    case Step::capabilities:
      return "capabilities";
    case Step::no_new_privileges:
      return "no new privileges";
    case Step::landlock:
      return "landlock";
    case Step::seccomp:
      return "seccomp";
    case Step::execute:
      return "execute";
  }
  return "step";
}

std::string describe(const Operation& operation) {
  const std::string source = printable(operation.source);
  const std::string target = printable(operation.target);
  std::string details;
  switch (operation.step) {
    case Step::overlay_root:
      details = fmt::format("{} in {}", source, target);
      break;
    case Step::make_directory:
      details = fmt::format("{} {:04o}", target, operation.number);
      break;
    case Step::make_link:
      details = fmt::format("{} -> {}", target, source);
      break;
    case Step::scratch:
    case Step::device:
    case Step::bind_scratch:
      details = fmt::format("{} on {}", source, target);
      break;
    case Step::bind_host:
      details = fmt::format("{} on {}{}", source, target, operation.number == 1 ? " (read-only)" : "");
      break;
    case Step::listen:
      details = fmt::format("127.0.0.1:{}", operation.number);
      break;
    case Step::rlimit:
      details = fmt::format("{} = {}", target, source);
      break;
    default:
      details = source.empty() ? target : source;
      break;
  }
  std::string line(step_name(operation.step));
  if (!details.empty()) line += " " + details;
  return line;
}

}  // namespace fn::sandbox
