// SPDX-License-Identifier: Apache-2.0
// What each step of Plan::lockdown does, in the process that becomes the command, in the order of the plan. The rules
// of child/ hold; every function returns 0 or more, or -errno.
//
// The order is of the essence. The bounding set and the ids are changed while there are capabilities for it; then these
// go. no_new_privileges comes before landlock and seccomp, which without it are for the privileged only. seccomp is the
// last step before exec, since the filter judges everything that comes after it. The streams are moved out of the way
// first, so that none overwrites the source of another.
//
// execute() tries the program in each directory of PATH and does not return: either the command runs, or
// launch.give_up() says why not.
#include "sandbox/child/lock_down.hpp"

#include "sandbox/child/install_filter.hpp"
#include "sys/raw_syscall.hpp"

#include <asm/ioctls.h>
#include <cerrno>
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

using sys::raw_syscall;

namespace {

long session(const Launch& launch) {
  if (const long made = raw_syscall(SYS_setsid); made < 0) return made;
  return launch.terminal < 0 ? 0 : raw_syscall(SYS_ioctl, launch.terminal, TIOCSCTTY, 0);
}

// Whoever the command is to be must be able to open /dev/stdout again, so pipes and its terminal become its own. The
// mode, owner and times of a pipe mean nothing to anybody else.
void give_away(const Launch& launch, int fd) {
  const Identity& who = launch.plan.spec.identity;
  struct stat status {};
  if (raw_syscall(SYS_fstat, fd, &status) < 0) return;
  const bool is_ours = S_ISFIFO(status.st_mode) || launch.terminal >= 0;
  // One that is somebody else's stays so: it can be used all the same.
  if (is_ours && status.st_uid != who.uid) raw_syscall(SYS_fchown, fd, who.uid, who.gid);
}

long streams(const Launch& launch) {
  long high[3] = {};
  for (std::size_t n = 0; n < 3; ++n) {
    const int from = launch.terminal >= 0 ? launch.terminal : launch.streams[n];
    high[n] = raw_syscall(SYS_fcntl, from, F_DUPFD_CLOEXEC, 16);
    if (high[n] < 0) return high[n];
  }
  for (int n = 0; n < 3; ++n) {
    if (const long done = raw_syscall(SYS_dup3, high[n], n, 0); done < 0) return done;
    give_away(launch, n);
  }
  // All others end with exec, those too that we were started with. The filter, which is not up yet, may refuse this.
  return raw_syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
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

bool is_directory(const char* path) {
  struct stat status {};
  return raw_syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

// As shells and env(1) see it: what was looked for and is not there is missing, all else cannot be executed.
Failure::Program why_not(const char* program, long error, bool is_searched_for) {
  if (error == -ENOTDIR && !is_searched_for) return Failure::Program::other;
  const bool is_there = raw_syscall(SYS_faccessat, AT_FDCWD, program, F_OK) == 0;
  if (error == -ENOENT || error == -ENOTDIR)
    return is_there ? Failure::Program::no_interpreter : Failure::Program::missing;
  if (error == -ENOEXEC) return Failure::Program::wrong_format;
  if (error == -EACCES && raw_syscall(SYS_faccessat, AT_FDCWD, program, X_OK) != 0)
    return Failure::Program::not_executable;
  return Failure::Program::other;
}

[[noreturn]] void execute(Launch& launch, const Operation& operation) {
  const bool is_searched_for = launch.plan.programs.size() > 1 || operation.source.find('/') == std::string::npos;
  Failure failure{.operation = &operation, .error = ENOENT, .program = Failure::Program::missing};
  for (const std::string& program : launch.plan.programs) {
    long error = raw_syscall(SYS_execve, program.c_str(), launch.argv.data(), launch.envp.data());
    if (error == -EACCES && is_directory(program.c_str())) error = -EISDIR;
    const Failure::Program why = why_not(program.c_str(), error, is_searched_for);
    if (why == Failure::Program::missing) continue;
    failure.error = static_cast<int>(-error);
    failure.program = why;
    // A later directory of PATH may have one that can be executed.
    if (why == Failure::Program::no_interpreter || why == Failure::Program::wrong_format) break;
  }
  launch.give_up(failure);
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
      return install_filter(launch.plan.spec.filter.data(),
                            static_cast<unsigned short>(launch.plan.spec.filter.size()));
    case Step::execute:
      execute(launch, operation);
    default:
      return -EINVAL;
  }
}

}  // namespace fn::sandbox
