// SPDX-License-Identifier: Apache-2.0
#include "sandbox/cgroup/cgroup_remedy.hpp"

#include <fmt/ranges.h>

namespace fn::sandbox {
namespace {

bool is_plain(std::string_view path) {
  return path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-@:=,") == path.npos;
}

// In double quotes, so that $$ is the shell of the user.
std::string as_root(const CgroupFacts& facts, const std::string& command) {
  return facts.uid == 0 ? command : fmt::format("sudo sh -c \"{}\"", command);
}

}  // namespace

std::string remedy_for_access_v1(const CgroupFacts& facts, const std::string& own) {
  if (!is_plain(own)) return {};
  const std::string group = fmt::format("{}/functions-{}", own, facts.uid);
  return as_root(facts, fmt::format("mkdir -p {0} && chown {1} {0} && echo $$ >{0}/cgroup.procs", group, facts.uid));
}

std::string remedy_for_access_v2(const CgroupFacts& facts, const std::string& top, const std::string& own,
                                 const std::vector<std::string_view>& offered) {
  if (!is_plain(top) || !is_plain(own)) return {};
  if (facts.systemd)
    return fmt::format(
        "systemd-run {}--scope -p Delegate=yes sh -c 'd={}$(sed -n s/^0:://p /proc/self/cgroup) && mkdir $d/shell && "
        "echo $$ >$d/shell/cgroup.procs && exec \"$SHELL\"'",
        facts.uid == 0 ? "" : "--user ", top);
  if (facts.uid == 0)
    return fmt::format(
        "mkdir -p {0}/shell && for p in $(cat {0}/cgroup.procs); do echo $p >{0}/shell/cgroup.procs; done", own);
  const std::string group = fmt::format("{}/functions-{}", top, facts.uid);
  const std::string enable =
      offered.empty() ? "" : fmt::format("echo '+{}' >{}/cgroup.subtree_control && ", fmt::join(offered, " +"), top);
  return as_root(facts, fmt::format("{2}mkdir -p {0}/shell && "
                                    "chown {1} {0} {0}/cgroup.procs {0}/cgroup.subtree_control && "
                                    "echo $$ >{0}/shell/cgroup.procs",
                                    group, facts.uid, enable));
}

std::string remedy_for_controller(const CgroupFacts& facts, const std::string& own, std::string_view controller) {
  if (facts.systemd && facts.uid != 0)
    return "sudo sh -c \"mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io "
           "memory "
           "pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload\", then log in "
           "again";
  const std::size_t slash = own.rfind('/');
  if (!is_plain(own) || slash == own.npos) return {};
  return as_root(facts, fmt::format("echo +{} >{}/cgroup.subtree_control", controller, own.substr(0, slash)));
}

std::string remedy_for_read_only(const CgroupFacts& facts, const std::string& point) {
  return is_plain(point) ? as_root(facts, fmt::format("mount -o remount,rw {}", point)) : std::string{};
}

std::string remedy_for_no_mount(const CgroupFacts& facts, std::string_view options) {
  if (!is_plain(options)) return {};
  if (options.empty()) return as_root(facts, "mount -t cgroup2 none /sys/fs/cgroup");
  return as_root(facts,
                 fmt::format("mkdir -p /sys/fs/cgroup/{0} && mount -t cgroup -o {0} none /sys/fs/cgroup/{0}", options));
}

}  // namespace fn::sandbox
