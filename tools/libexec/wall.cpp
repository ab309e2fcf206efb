// SPDX-License-Identifier: Apache-2.0
// The wall around a helper that parses what strangers made. raise_wall() is called before the first byte of input is
// read, in a process with one thread: no new privileges, no file system (landlock, where there is any), no core file,
// no further descriptor, 1 GiB of memory, and at last a seccomp filter, behind which only reading fd 0, writing fds 1
// and 2, memory that is not executable and the end are left. Any other call kills the process at once.
//
// What libraries would load from files later, such as the character set, must have been loaded before (load_locale).
// Under a sanitizer the wall has holes, which are marked; it is no protection then.
#include "wall.hpp"

#include "base/error.hpp"
#include "base/units.hpp"
#include "sys/fd.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
// The leak checker is a process of its own that traces this one: not behind this wall.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() {
  return 1;
}
#endif

namespace fn::foreign {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool has_asan = true;
#else
constexpr bool has_asan = false;
#endif

void limit(decltype(RLIMIT_AS) what, rlim_t most) {
  const rlimit value{most, most};
  sys::check(setrlimit(what, &value), "cannot limit the archive helper");
}

// All rights that each version of landlock's ABI knows are handled, and no rule grants any.
void close_file_system() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi <= 0) return;
  constexpr std::array<int, 5> rights_of_abi{13, 14, 15, 15, 16};
  const auto version = std::min(static_cast<std::size_t>(abi), rights_of_abi.size());
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = (std::uint64_t{1} << rights_of_abi[version - 1]) - 1;
  const long made = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
  const sys::Fd rules(static_cast<int>(sys::check(made, "cannot create a landlock ruleset")));
  sys::check(syscall(SYS_landlock_restrict_self, rules.get(), 0), "cannot enforce landlock");
}

class SystemCallFilter {
 public:
  SystemCallFilter() : filter_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {
    if (!filter_) fail(Kind::failure, "cannot create a seccomp filter");
  }
  SystemCallFilter(const SystemCallFilter&) = delete;
  SystemCallFilter& operator=(const SystemCallFilter&) = delete;
  ~SystemCallFilter() { seccomp_release(filter_); }

  void allow(int call) { add(call, nullptr); }
  void allow_if_equal(int call, unsigned argument, std::uint64_t value) {
    const scmp_arg_cmp condition{argument, SCMP_CMP_EQ, value, 0};
    add(call, &condition);
  }
  void allow_unless_executable(int call, unsigned argument) {
    const scmp_arg_cmp condition{argument, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    add(call, &condition);
  }

  void enforce() {
    if (const int result = seccomp_load(filter_); result < 0) sys::fail_errno(-result, "cannot enforce seccomp");
  }

 private:
  void add(int call, const scmp_arg_cmp* condition) {
    const int result = seccomp_rule_add_array(filter_, SCMP_ACT_ALLOW, call, condition ? 1 : 0, condition);
    if (result < 0) sys::fail_errno(-result, "cannot create a seccomp filter");
  }

  scmp_filter_ctx filter_;
};

void close_system_calls() {
  SystemCallFilter filter;
  filter.allow_if_equal(SCMP_SYS(read), 0, STDIN_FILENO);
  filter.allow_if_equal(SCMP_SYS(lseek), 0, STDIN_FILENO);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    filter.allow_if_equal(SCMP_SYS(write), 0, static_cast<std::uint64_t>(fd));
    filter.allow_if_equal(SCMP_SYS(writev), 0, static_cast<std::uint64_t>(fd));
  }
  filter.allow_unless_executable(SCMP_SYS(mmap), 2);
  filter.allow_unless_executable(SCMP_SYS(mprotect), 2);
  for (const int call : {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
                         SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group)})
    filter.allow(call);
  // abort(): a failed assertion of a library dies as itself and not as an attack.
  for (const int call :
       {SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid), SCMP_SYS(gettid)})
    filter.allow(call);
  filter.allow_if_equal(SCMP_SYS(tgkill), 0, static_cast<std::uint64_t>(getpid()));
  // UBSan writes to a pipe of its own to see whether memory can be read.
  if (has_asan)
    for (const int call : {SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(pipe), SCMP_SYS(pipe2),
                           SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(readlink)})
      filter.allow(call);
  filter.enforce();
}

}  // namespace

// What the libraries would open files for later: the character set that names are converted to, and the zone of zip's
// local times, which must not depend on the host either.
void load_locale() {
  if (!std::setlocale(LC_CTYPE, "C.UTF-8") && !std::setlocale(LC_CTYPE, "C.utf8"))
    fail(Kind::failure, "this host has no locale C.UTF-8");
  setenv("TZ", "UTC0", 1);
  tzset();
}

void raise_wall() {
  sys::check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs");
  close_file_system();
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, has_asan ? 8 : 3);
  if (!has_asan) limit(RLIMIT_AS, 1 * GiB);
  close_system_calls();
}

}  // namespace fn::foreign
