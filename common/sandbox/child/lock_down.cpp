// SPDX-License-Identifier: Apache-2.0
#include "sandbox/launch.hpp"
#include "sandbox/seccomp.hpp"

#include <asm/ioctls.h>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

// Ignored signals stay ignored over exec, and a blocked one stays blocked.
void reset_signals() {
  struct {
    void* handler = nullptr;
    unsigned long flags = 0;
    void* restorer = nullptr;
    std::uint64_t mask = 0;
  } standard;
  for (int signal = 1; signal < 65; ++signal)
    raw_syscall(SYS_rt_sigaction, signal, &standard, nullptr, sizeof(std::uint64_t));
  const std::uint64_t none = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

long session(const Launch& launch) {
  if (const long made = raw_syscall(SYS_setsid); made < 0) return made;
  return launch.terminal < 0 ? 0 : raw_syscall(SYS_ioctl, launch.terminal, TIOCSCTTY, 0);
}

long streams(const Launch& launch) {
  long high[3] = {};
  for (std::size_t n = 0; n < 3; ++n) {
    const int from = launch.terminal >= 0 ? launch.terminal : launch.streams[n];
    high[n] = raw_syscall(SYS_fcntl, from, F_DUPFD_CLOEXEC, 16);
    if (high[n] < 0) return high[n];
  }
  for (int n = 0; n < 3; ++n)
    if (const long done = raw_syscall(SYS_dup3, high[n], n, 0); done < 0) return done;
  return 0;
}

// A directory that was left outside would show as "(unreachable)" (CVE-2024-21626).
long working_dir(const Operation& operation) {
  if (const long moved = raw_syscall(SYS_chdir, operation.source.c_str()); moved < 0) return moved;
  char path[4096];
  const long size = raw_syscall(SYS_getcwd, path, sizeof path);
  if (size < 0) return size;
  return path[0] == '/' ? 0 : -EXDEV;
}

long rlimit(const Operation& operation) {
  std::uint64_t value = 0;
  for (const char digit : operation.source) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  ::rlimit old{};
  if (const long got = raw_syscall(SYS_prlimit64, 0, operation.number, nullptr, &old); got < 0) return got;
  if (value > old.rlim_max) value = old.rlim_max;
  const ::rlimit wanted{value, value};
  return raw_syscall(SYS_prlimit64, 0, operation.number, &wanted, nullptr);
}

// The set is what exec can give back to uid 0 or from files' capabilities. The secure bits take away the first as well.
long bounding_set() {
  for (long capability = 0;; ++capability) {
    const long dropped = raw_syscall(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (dropped == -EINVAL) break;
    if (dropped < 0) return dropped;
  }
  return raw_syscall(SYS_prctl, PR_SET_SECUREBITS,
                     SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                         SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED,
                     0, 0, 0);
}

long identity(const Plan& plan) {
  const Identity& who = plan.spec.identity;
  if (!plan.deny_setgroups) {
    const long set = raw_syscall(SYS_setgroups, who.groups.size(), who.groups.data());
    if (set < 0) return set;
  }
  if (const long set = raw_syscall(SYS_setresgid, who.gid, who.gid, who.gid); set < 0) return set;
  return raw_syscall(SYS_setresuid, who.uid, who.uid, who.uid);
}

long capabilities() {
  raw_syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return raw_syscall(SYS_capset, &header, none);
}

Failure::Program why_not(const char* program, long error) {
  const bool is_there = raw_syscall(SYS_faccessat, AT_FDCWD, program, F_OK) == 0;
  if (error == -ENOENT || error == -ENOTDIR)
    return is_there ? Failure::Program::no_interpreter : Failure::Program::missing;
  if (error == -ENOEXEC) return Failure::Program::wrong_format;
  if (error == -EACCES) return Failure::Program::not_executable;
  return Failure::Program::other;
}

[[noreturn]] void execute(Launch& launch, const Operation& operation) {
  Failure failure{.operation = &operation, .error = ENOENT, .program = Failure::Program::missing};
  for (const std::string& program : launch.plan.programs) {
    const long error = raw_syscall(SYS_execve, program.c_str(), launch.argv.data(), launch.envp.data());
    const Failure::Program why = why_not(program.c_str(), error);
    if (why == Failure::Program::missing) continue;
    failure.error = static_cast<int>(-error);
    failure.program = why;
    // A later directory of PATH may have one that may be executed.
    if (why != Failure::Program::not_executable) break;
  }
  launch.give_up(failure);
}

// Its root has become ours, which is seen to.
void wait_for_root(Launch& launch) {
  launch.root.wait();
  for (; launch.failed.load(std::memory_order_acquire);) raw_syscall(SYS_exit_group, 127);
  launch.command_times.add("wait for the root");
  if (launch.root_inode == 0) return;  // it joined a sandbox that has long been built
  struct stat root {};
  const long looked = raw_syscall(SYS_newfstatat, AT_FDCWD, "/", &root, 0);
  if (looked < 0 || root.st_dev != launch.root_device || root.st_ino != launch.root_inode)
    launch.give_up({.step = "enter its root", .error = EXDEV});
}

}  // namespace

long lock_down(Launch& launch, const Operation& operation) {
  switch (operation.step) {
    case Step::session:
      return session(launch);
    case Step::streams:
      return streams(launch);
    case Step::working_dir:
      return working_dir(operation);
    case Step::rlimit:
      return rlimit(operation);
    case Step::time_namespace:
      return raw_syscall(SYS_unshare, CLONE_NEWTIME);
    case Step::bounding_set:
      return bounding_set();
    case Step::identity:
      return identity(launch.plan);
    case Step::capabilities:
      return capabilities();
    case Step::no_new_privileges:
      return raw_syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case Step::landlock:
      return launch.ruleset->restrict().result;
    case Step::seccomp:
      return seccomp::install_filter_raw(launch.plan.spec.filter.data(),
                                         static_cast<unsigned short>(launch.plan.spec.filter.size()));
    case Step::execute:
      execute(launch, operation);
    default:
      return -EINVAL;
  }
}

void command_process(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  launch.command_times.add("clone");
  reset_signals();
  // A directory of the host's must not stay ours.
  raw_syscall(SYS_chdir, "/");
  if (!launch.dies_with_maker) raw_syscall(SYS_umask, launch.umask);
  if (launch.dies_with_maker) raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  for (const Operation& operation : launch.plan.lockdown) {
    if (operation.step == Step::working_dir) wait_for_root(launch);
    // Nothing of the command runs before init has closed itself up.
    if (operation.step == Step::execute) {
      char byte = 0;
      raw_syscall(SYS_read, launch.go_read, &byte, 1);
      raw_syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
      launch.inside.store(true, std::memory_order_release);
      launch.command_times.add("wait for init");
    }
    launch.judge(operation, lock_down(launch, operation));
    launch.command_times.add(step_name(operation.step).data());
  }
}

}  // namespace fn::sandbox
