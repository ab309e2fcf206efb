// SPDX-License-Identifier: Apache-2.0
#include "doctor/host_checks.hpp"

#include "base/text.hpp"
#include "base/units.hpp"
#include "doctor/try_sandbox.hpp"
#include "sandbox/plan/host.hpp"
#include "sandbox/plan/landlock.hpp"
#include "sandbox/pool_client.hpp"
#include "sandbox/probe.hpp"
#include "sys/file.hpp"

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
using sandbox::Privilege;
using sandbox::ProbeResult;

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

const std::string proc_means = "functions see a few files of /proc, but no processes, not even their own";
constexpr const char* proc_in_docker = "; in Docker, start this container with --security-opt systempaths=unconfined";

std::string as_root(const std::string& command) {
  return geteuid() == 0 ? command : "sudo " + command;
}

std::string said(const ProbeResult& result) {
  return fmt::format("cannot {}: {}", result.step, std::strerror(result.error));
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
  Privilege privilege_ = Privilege::user;
  std::vector<Check> checks_;
};

void Examination::kernel() {
  utsname names{};
  uname(&names);
  const std::string found = fmt::format("Linux {} {}", printable(names.release), names.machine);
  if (host_.kernel >= oldest_kernel || host_.kernel == 0) return add("kernel", found);
  add({.name = "kernel", .level = Level::missing, .found = found, .means = "a sandbox needs Linux 5.12 or newer"});
}

void Examination::user_namespaces() {
  const ProbeResult result = sandbox::try_mount(Privilege::user);
  if (result) return add("user-namespaces", "created one, mounted in it");
  Check check{.name = "user-namespaces", .level = Level::missing, .found = said(result)};
  check.means = "ordinary users cannot run functions";
  if (host_.is_admin) {
    privilege_ = Privilege::admin;
    check.level = Level::degraded;
    check.means = "functions run without a user namespace: root inside is root, without capabilities";
  }
  for (const Setting& setting : userns_settings) {
    if (!is_set_badly(setting)) continue;
    check.found += fmt::format("; {} is {}", setting.name, setting.bad);
    check.remedy = as_root(fmt::format("sysctl -w {}={}", setting.name, setting.good));
    break;
  }
  add(std::move(check));
}

void Examination::mounts() {
  if (const ProbeResult result = sandbox::try_overlay(privilege_); result)
    add("overlay", "mounted one with userxattr");
  else
    add({.name = "overlay",
         .level = Level::missing,
         .found = said(result),
         .means = "image layers cannot be stacked",
         .remedy = result.error == ENODEV ? as_root("modprobe overlay") : ""});
  if (const ProbeResult result = sandbox::try_proc(privilege_); result)
    add("proc", "mounted a new one");
  else
    add({.name = "proc",
         .level = Level::degraded,
         .found = said(result),
         .means = proc_means + (result.error == EPERM ? proc_in_docker : "")});
}

void Examination::namespaces() {
  if (const ProbeResult result = sandbox::try_network(privilege_); result)
    add("net-namespace", "created one");
  else
    add({.name = "net-namespace",
         .level = Level::missing,
         .found = said(result),
         .means = "only --net host works",
         .remedy = result.error == ENOSPC ? as_root("sysctl -w user.max_net_namespaces=15000") : ""});
  if (const ProbeResult result = sandbox::try_time(privilege_); result)
    add("time-namespace", "created one");
  else
    add({.name = "time-namespace",
         .level = Level::degraded,
         .found = said(result),
         .means = "functions see the host's uptime"});
  const sys::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  if (pidfd && host_.kernel >= enter_by_pidfd)
    add("pidfd", "created one");
  else
    add({.name = "pidfd",
         .level = Level::missing,
         .found = pidfd ? "cannot be used to enter namespaces" : std::strerror(errno),
         .means = "no second command in a running sandbox"});
}

void Examination::filters() {
  if (host_.landlock_abi == 0) {
    add({.name = "landlock",
         .level = Level::degraded,
         .found = "not in this kernel, or not enabled",
         .means = "no second wall around files; a kernel that has it needs 'landlock' in its boot parameter 'lsm'"});
  } else {
    const auto missing = sandbox::landlock::missing(host_.landlock_abi);
    Check check{.name = "landlock", .found = fmt::format("ABI {}", host_.landlock_abi)};
    if (!missing.empty()) {
      check.level = Level::degraded;
      check.found += fmt::format(", without {}", fmt::join(missing, ", "));
      check.means = "the second wall has gaps; the first ones do not depend on it";
    }
    add(std::move(check));
  }
  // seccomp(2): EFAULT for a null filter if filters are known.
  if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, nullptr, 0, 0) == 0 || errno == EFAULT)
    return add("seccomp", "filters are supported");
  add({.name = "seccomp",
       .level = Level::missing,
       .found = std::strerror(errno),
       .means = "functions run only with --seccomp off"});
}

void Examination::group(const char* name, const sandbox::CgroupPlace& place, const char* means) {
  if (place) return add(name, fmt::format("version {}: {}", place.version, printable(place.directory)));
  add({.name = name, .level = Level::degraded, .found = place.reason, .means = means, .remedy = place.remedy});
}

void Examination::groups() {
  const sandbox::CgroupHost& groups = host_.cgroups;
  group("cgroup-memory", groups.memory, "--memory is enforced by looking now and then, and peaks are approximate");
  group("cgroup-cpu", groups.cpu, "--cpus has no effect");
  group("cgroup-pids", groups.pids, "--pids counts all processes of this user");
  group("cgroup-freezer", groups.freezer, "pause stops processes one by one");
  group("cgroup-tree", groups.track, "CPU time covers only the command itself");
  if (groups.memory.version == 1 || (groups.memory.version == 2 && host_.kernel >= peak_since))
    return add("peak-memory", groups.memory.version == 1 ? "memory.max_usage_in_bytes" : "memory.peak");
  add({.name = "peak-memory",
       .level = Level::degraded,
       .found = groups.memory ? "memory.peak needs Linux 5.19" : "no memory controller",
       .means = "the reported peak is that of the largest process"});
}

void Examination::pool() {
  try {
    const auto said = sandbox::pool_status(pool_);
    add("pool",
        said ? fmt::format("runs (pid {}), {} namespaces ready", said->pid, said->ready) : "not running (optional)");
  } catch (const Error& error) {
    add({.name = "pool",
         .level = Level::degraded,
         .found = error.what(),
         .means = "sandboxes make their own network namespaces",
         .remedy = fmt::format("pkill -KILL -f 'fn-pool {}'", pool_)});
  }
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
