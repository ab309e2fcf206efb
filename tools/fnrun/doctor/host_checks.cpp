// SPDX-License-Identifier: Apache-2.0
#include "host_checks.hpp"

#include "base/text.hpp"
#include "base/units.hpp"
#include "sandbox/host.hpp"
#include "sandbox/landlock.hpp"
#include "sandbox/pool_client.hpp"
#include "sandbox/probe.hpp"
#include "sys/file.hpp"
#include "try_sandbox.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/ranges.h>
#include <optional>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace fn::run {
namespace {

using Level = Check::Level;
using sandbox::As;
using sandbox::Trial;

constexpr unsigned peak_since = 5019;      // memory.peak of cgroup version 2
constexpr unsigned oldest_kernel = 5012;   // mount_setattr(2)
constexpr unsigned enter_by_pidfd = 5008;  // setns(2) with a pidfd

struct Setting {
  const char* name;  // sysctl's
  std::uint64_t bad;
  const char* good;
};
constexpr Setting userns_settings[] = {{"user.max_user_namespaces", 0, "15000"},
                                       {"kernel.unprivileged_userns_clone", 0, "1"},
                                       {"kernel.apparmor_restrict_unprivileged_userns", 1, "0"}};

bool is_set_badly(const Setting& setting) {
  std::string path = fmt::format("/proc/sys/{}", setting.name);
  for (char& c : path)
    if (c == '.') c = '/';
  try {
    return parse_uint(trim(sys::read_file(path, 64))) == setting.bad;
  } catch (const Error&) {
    return false;  // this kernel doesn't have it
  }
}

std::string said(const Trial& trial) {
  return fmt::format("cannot {}: {}", trial.step, std::strerror(trial.error));
}

class Examination {
 public:
  explicit Examination(const std::string& pool)
      : pool_(pool), host_(sandbox::look_at_host(sandbox::LookForCgroups::yes)) {}

  std::vector<Check> run() {
    kernel();
    user_namespaces();
    mounts();
    namespaces();
    filters();
    groups();
    pool();
    whole();
    return std::move(checks_);
  }

 private:
  void kernel();
  void user_namespaces();
  void mounts();
  void namespaces();
  void filters();
  void groups();
  void group(const char* name, const sandbox::CgroupPlace& place, const char* means);
  void pool();
  void whole();

  void add(Check check) { checks_.push_back(std::move(check)); }
  void add(const char* name, std::string found) { add({.name = name, .found = std::move(found)}); }

  const std::string& pool_;
  sandbox::Host host_;
  As as_ = As::user;
  std::vector<Check> checks_;
};

void Examination::kernel() {
  utsname names{};
  uname(&names);
  const std::string found = fmt::format("Linux {} {}", printable(names.release), names.machine);
  if (host_.kernel >= oldest_kernel || host_.kernel == 0) return add("kernel", found);
  add({.name = "kernel", .level = Level::missing, .found = found, .means = "a sandbox needs Linux 5.12"});
}

void Examination::user_namespaces() {
  const Trial trial = sandbox::try_mount(As::user);
  if (trial) return add("user-namespaces", "made one, mounted in it");
  Check check{.name = "user-namespaces", .level = Level::missing, .found = said(trial)};
  check.means = "ordinary users can't run functions";
  if (host_.is_admin) {
    as_ = As::admin;
    check.level = Level::degraded;
    check.means = "functions run without a user namespace: root inside is root, without capabilities";
  }
  for (const Setting& setting : userns_settings) {
    if (!is_set_badly(setting)) continue;
    check.found += fmt::format("; {} is {}", setting.name, setting.bad);
    check.remedy = fmt::format("sudo sysctl -w {}={}", setting.name, setting.good);
    break;
  }
  add(std::move(check));
}

void Examination::mounts() {
  if (const Trial trial = sandbox::try_overlay(as_); trial)
    add("overlay", "mounted one with userxattr");
  else
    add({.name = "overlay",
         .level = Level::missing,
         .found = said(trial),
         .means = "layers of images can't be stacked",
         .remedy = trial.error == ENODEV ? "sudo modprobe overlay" : ""});
  if (const Trial trial = sandbox::try_proc(as_); trial)
    add("proc", "mounted a fresh one");
  else
    add({.name = "proc",
         .level = Level::degraded,
         .found = said(trial),
         .means = "functions see a few files of /proc and no processes, not even their own",
         .remedy = trial.error == EPERM ? "docker run --security-opt systempaths=unconfined .." : ""});
}

void Examination::namespaces() {
  if (const Trial trial = sandbox::try_network(as_); trial)
    add("net-namespace", "made one");
  else
    add({.name = "net-namespace",
         .level = Level::missing,
         .found = said(trial),
         .means = "only --net host works",
         .remedy = trial.error == ENOSPC ? "sudo sysctl -w user.max_net_namespaces=15000" : ""});
  if (const Trial trial = sandbox::try_time(as_); trial)
    add("time-namespace", "made one");
  else
    add({.name = "time-namespace",
         .level = Level::degraded,
         .found = said(trial),
         .means = "functions see how long the host is up"});
  const sys::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  if (pidfd && host_.kernel >= enter_by_pidfd)
    add("pidfd", "made one");
  else
    add({.name = "pidfd",
         .level = Level::missing,
         .found = pidfd ? "can't be entered by" : std::strerror(errno),
         .means = "no second command in a sandbox"});
}

void Examination::filters() {
  if (host_.landlock_abi == 0) {
    add({.name = "landlock",
         .level = Level::degraded,
         .found = "not in this kernel, or not switched on",
         .means = "the second wall around files is down",
         .remedy = "boot with lsm=landlock,$(cat /sys/kernel/security/lsm)"});
  } else {
    const auto missing = sandbox::landlock::missing(host_.landlock_abi);
    Check check{.name = "landlock", .found = fmt::format("ABI {}", host_.landlock_abi)};
    if (!missing.empty()) {
      check.level = Level::degraded;
      check.found += fmt::format(", without {}", fmt::join(missing, ", "));
      check.means = "the second wall has gaps; the first ones don't depend on it";
    }
    add(std::move(check));
  }
  // seccomp(2): EFAULT for a null filter if filters are known.
  if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, nullptr, 0, 0) == 0 || errno == EFAULT)
    return add("seccomp", "filters are known");
  add({.name = "seccomp",
       .level = Level::missing,
       .found = std::strerror(errno),
       .means = "functions run with --seccomp off only"});
}

void Examination::group(const char* name, const sandbox::CgroupPlace& place, const char* means) {
  if (place) return add(name, fmt::format("version {}: {}", place.version, printable(place.directory)));
  add({.name = name, .level = Level::degraded, .found = place.reason, .means = means, .remedy = place.remedy});
}

void Examination::groups() {
  const sandbox::CgroupHost& groups = host_.cgroups;
  group("cgroup-memory", groups.memory, "--memory is enforced by looking, and peaks are approximate");
  group("cgroup-cpu", groups.cpu, "--cpus has no effect");
  group("cgroup-pids", groups.pids, "--pids counts all processes of the user");
  group("cgroup-freezer", groups.freezer, "pause stops processes one by one");
  group("cgroup-tree", groups.track, "CPU time is that of the command alone");
  if (groups.memory.version == 1 || (groups.memory.version == 2 && host_.kernel >= peak_since))
    return add("peak-memory", groups.memory.version == 1 ? "memory.max_usage_in_bytes" : "memory.peak");
  add({.name = "peak-memory",
       .level = Level::degraded,
       .found = groups.memory ? "memory.peak needs Linux 5.19" : "no memory controller",
       .means = "the peak is that of the largest process"});
}

void Examination::pool() {
  const auto said = sandbox::look_at_pool(pool_);
  add("pool",
      said ? fmt::format("runs (pid {}), {} namespaces ready", said->pid, said->ready) : "does not run, and need not");
}

void Examination::whole() {
  add(try_sandbox(host_));
}

}  // namespace

std::string_view level_name(Check::Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::degraded:
      return "degraded";
    case Level::missing:
      return "missing";
  }
  return "missing";
}

std::vector<Check> check_host(const std::string& pool) {
  return Examination(pool).run();
}

}  // namespace fn::run
