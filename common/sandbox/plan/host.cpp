// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/host.hpp"

#include "base/text.hpp"
#include "sandbox/plan/landlock.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

// What a fresh procfs says of the whole machine, beyond what programs need to know (CPUs, memory, load).
constexpr std::array proc_candidates{
    "kcore", "keys", "key-users",   "timer_list", "sched_debug", "latency_stats", "sysrq-trigger", "acpi",
    "scsi",  "kmsg", "kpagecgroup", "kpagecount", "kpageflags",  "vmallocinfo",   "slabinfo",      "pagetypeinfo"};

// The first number of a setting, or nothing where this kernel doesn't have it.
std::optional<std::uint64_t> setting(const char* path) {
  sys::Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 32> text{};
  const ssize_t got = read(file.get(), text.data(), text.size());
  if (got <= 0) return std::nullopt;
  return parse_uint(trim(std::string_view(text.data(), std::size_t(got))));
}

constexpr IdRange all_ids{0, ~std::uint32_t{0}};

// In our user namespace.
bool has_capabilities(std::initializer_list<unsigned> wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return false;
  return std::all_of(wanted.begin(), wanted.end(), [&](unsigned capability) {
    return (data.at(capability / 32).effective >> (capability % 32) & 1U) != 0;
  });
}

// user_namespaces(7): "FIRST OUTSIDE COUNT" a line. A process that may map any id of its own namespace maps them all,
// each to itself.
std::vector<IdRange> ranges(const char* path) {
  std::vector<IdRange> found;
  sys::Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return found;
  for (const std::string& line : split(sys::read_fd(file.get(), path, 64 * KiB), '\n')) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& word : split(line, ' '))
      if (const auto number = parse_uint(word)) numbers.push_back(*number);
    if (numbers.size() == 3)
      found.push_back({static_cast<std::uint32_t>(numbers[0]), static_cast<std::uint32_t>(numbers[2])});
  }
  return found;
}

// The one that the kernel starts with, in which every id is itself: its number is fixed (PROC_USER_INIT_INO of the
// kernel's include/linux/proc_ns.h). One look instead of three files.
bool is_first_user_namespace() {
  struct stat status {};
  return stat("/proc/self/ns/user", &status) == 0 && status.st_ino == 0xEFFFFFFDU;
}

// user_namespaces(7): a namespace inside one where it is denied can't allow it.
bool is_setgroups_denied() {
  sys::Fd file(::open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC));
  return file && sys::read_fd(file.get(), "/proc/self/setgroups", 64).starts_with("deny");
}

unsigned kernel_version() {
  utsname names{};
  if (uname(&names) != 0) return 0;
  const std::vector<std::string> parts = split(names.release, '.');
  if (parts.size() < 2) return 0;
  const std::string minor = parts[1].substr(0, parts[1].find_first_not_of("0123456789"));
  return static_cast<unsigned>(parse_uint(parts[0]).value_or(0) * 1000 + parse_uint(minor).value_or(0));
}

}  // namespace

Host look_at_host(LookForCgroups cgroups) {
  Host host;
  host.uid = geteuid();
  host.gid = getegid();
  host.kernel = kernel_version();
  host.is_admin = has_capabilities({CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID});
  const bool is_first = is_first_user_namespace();
  if (host.is_admin) {
    host.uids = is_first ? std::vector{all_ids} : ranges("/proc/self/uid_map");
    host.gids = is_first ? std::vector{all_ids} : ranges("/proc/self/gid_map");
  }
  for (const char* name : {"/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone"}) {
    if (setting(name).value_or(1) != 0 ||
        (host.is_admin && std::string_view(name).find("unprivileged") != std::string_view::npos))
      continue;
    host.user_namespaces = false;
    host.user_namespaces_off = name;
  }
  host.setgroups_denied = !is_first && is_setgroups_denied();
  host.landlock_abi = landlock::abi();
  for (const char* name : proc_candidates) {
    struct stat status {};
    if (lstat((std::string("/proc/") + name).c_str(), &status) != 0) continue;
    // Root without capabilities still owns what only root may read.
    const bool closed_to_others = (status.st_mode & (S_IROTH | S_IWOTH)) == 0;
    if (closed_to_others && !host.is_admin) continue;
    host.proc_secrets.push_back({name, S_ISDIR(status.st_mode)});
  }
  host.mountinfo = sys::read_file("/proc/self/mountinfo", 16 * MiB);
  if (cgroups == LookForCgroups::yes) host.cgroups = detect_cgroups(host.mountinfo);
  return host;
}

}  // namespace fn::sandbox
