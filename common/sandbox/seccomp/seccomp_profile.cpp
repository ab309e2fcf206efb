// SPDX-License-Identifier: Apache-2.0
// Each system call that is known is in one list, by what it is for; the lists are sorted at compile time into one table
// for each profile. What depends on arguments (clone, unshare, ioctl, socket and a few more) is a Call with rules, made
// when the profile is asked for.
//
// EPERM is for what programs expect to be denied. ENOSYS is for calls that libc and programs try first and have a
// fallback for: clone3, whose flags a filter can't see, and all that is newer than `newest_known`. Whoever adds a new
// call here moves that number and decides about every call up to it. A call that is in no list must never be allowed.
#include "sandbox/seccomp/seccomp_profile.hpp"

#include "sandbox/seccomp/compile.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <iterator>
#include <sched.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <utility>

namespace fn::sandbox::seccomp {
namespace {

// Calls that are younger than the oldest headers that this is built with. Since 424 all processors share their numbers.
constexpr std::uint32_t nr_cachestat = 451;
constexpr std::uint32_t nr_fchmodat2 = 452;
constexpr std::uint32_t nr_map_shadow_stack = 453;
constexpr std::uint32_t nr_futex_wake = 454;
constexpr std::uint32_t nr_futex_wait = 455;
constexpr std::uint32_t nr_futex_requeue = 456;
constexpr std::uint32_t nr_mseal = 462;
constexpr std::uint32_t newest_known = nr_mseal;

// Allowed in both profiles.
constexpr std::uint32_t computing[] = {
#ifdef __x86_64__
    // what newer processors have in one form only
    SYS_access, SYS_alarm, SYS_arch_prctl, SYS_creat, SYS_dup2, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd,
    SYS_getdents, SYS_getpgrp, SYS_link, SYS_lstat, SYS_mkdir, SYS_open, SYS_pause, SYS_pipe, SYS_poll, SYS_readlink,
    SYS_rename, SYS_rmdir, SYS_select, SYS_signalfd, SYS_stat, SYS_symlink, SYS_time, SYS_unlink, SYS_utime, SYS_utimes,
    SYS_futimesat,
#endif
    // files
    SYS_close, SYS_close_range, SYS_copy_file_range, SYS_dup, SYS_dup3, SYS_faccessat, SYS_faccessat2, SYS_fadvise64,
    SYS_fallocate, SYS_fchdir, SYS_fdatasync, SYS_fgetxattr, SYS_flistxattr, SYS_flock, SYS_fstat, SYS_fstatfs,
    SYS_fsync, SYS_ftruncate, SYS_getcwd, SYS_getdents64, SYS_getxattr, SYS_chdir, SYS_lgetxattr, SYS_linkat,
    SYS_listxattr, SYS_llistxattr, SYS_lseek, SYS_mkdirat, SYS_newfstatat, SYS_openat, SYS_openat2, SYS_pread64,
    SYS_preadv, SYS_preadv2, SYS_pwrite64, SYS_pwritev, SYS_pwritev2, SYS_read, SYS_readahead, SYS_readlinkat,
    SYS_readv, SYS_renameat, SYS_renameat2, SYS_sendfile, SYS_splice, SYS_statfs, SYS_statx, SYS_symlinkat,
    SYS_sync_file_range, SYS_tee, SYS_truncate, SYS_umask, SYS_unlinkat, SYS_utimensat, SYS_write, SYS_writev,
    nr_cachestat,
    // memory
    SYS_brk, SYS_madvise, SYS_membarrier, SYS_memfd_create, SYS_mincore, SYS_mlock, SYS_mlock2, SYS_mlockall, SYS_mmap,
    SYS_mprotect, SYS_mremap, SYS_msync, SYS_munlock, SYS_munlockall, SYS_munmap, SYS_pkey_alloc, SYS_pkey_free,
    SYS_pkey_mprotect, nr_map_shadow_stack, nr_mseal,
    // this process and its threads
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_futex, SYS_futex_waitv, SYS_get_robust_list, SYS_getcpu,
    SYS_getegid, SYS_geteuid, SYS_getgid, SYS_getgroups, SYS_getpgid, SYS_getpid, SYS_getppid, SYS_getpriority,
    SYS_getrandom, SYS_getresgid, SYS_getresuid, SYS_getrlimit, SYS_getrusage, SYS_getsid, SYS_gettid, SYS_getuid,
    SYS_landlock_add_rule, SYS_landlock_create_ruleset, SYS_landlock_restrict_self, SYS_prctl, SYS_prlimit64, SYS_rseq,
    SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_getaffinity, SYS_sched_getattr,
    SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_setaffinity, SYS_sched_yield, SYS_seccomp,
    SYS_set_robust_list, SYS_set_tid_address, SYS_setpriority, SYS_setrlimit, SYS_sysinfo, SYS_times, SYS_uname,
    SYS_wait4, SYS_waitid, nr_futex_requeue, nr_futex_wait, nr_futex_wake,
    // time
    SYS_clock_getres, SYS_clock_gettime, SYS_clock_nanosleep, SYS_getitimer, SYS_gettimeofday, SYS_nanosleep,
    SYS_setitimer, SYS_timer_create, SYS_timer_delete, SYS_timer_getoverrun, SYS_timer_gettime, SYS_timer_settime,
    SYS_timerfd_create, SYS_timerfd_gettime, SYS_timerfd_settime,
    // signals
    SYS_kill, SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigpending, SYS_rt_sigprocmask, SYS_rt_sigqueueinfo,
    SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_rt_tgsigqueueinfo, SYS_sigaltstack, SYS_signalfd4,
    SYS_tgkill, SYS_tkill,
    // pipes, sockets, and waiting for them
    SYS_accept, SYS_accept4, SYS_bind, SYS_connect, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_eventfd2, SYS_getpeername, SYS_getsockname, SYS_getsockopt, SYS_listen, SYS_pipe2, SYS_ppoll, SYS_pselect6,
    SYS_recvfrom, SYS_recvmmsg, SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_setsockopt, SYS_shutdown};

// Allowed in the default profile only.
constexpr std::uint32_t ordinary[] = {
#ifdef __x86_64__
    // what newer processors have in one form only
    SYS_chmod, SYS_chown, SYS_fork, SYS_inotify_init, SYS_lchown, SYS_vfork,
    // numbers without a call behind them: the kernel itself says ENOSYS, and the tree is smaller if it may
    SYS_afs_syscall, SYS_epoll_ctl_old, SYS_epoll_wait_old, SYS_get_thread_area, SYS_getpmsg, SYS_putpmsg, SYS_security,
    SYS_set_thread_area, SYS_tuxcall, SYS_vserver,
#endif
    // owners and modes, other processes, queues, System V
    SYS_capget, SYS_capset, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_fremovexattr, SYS_fsetxattr,
    SYS_get_mempolicy, SYS_inotify_add_watch, SYS_inotify_init1, SYS_inotify_rm_watch, SYS_io_cancel, SYS_io_destroy,
    SYS_io_getevents, SYS_io_pgetevents, SYS_io_setup, SYS_io_submit, SYS_ioprio_get, SYS_ioprio_set, SYS_lremovexattr,
    SYS_lsetxattr, SYS_mbind, SYS_memfd_secret, SYS_mq_getsetattr, SYS_mq_notify, SYS_mq_open, SYS_mq_timedreceive,
    SYS_mq_timedsend, SYS_mq_unlink, SYS_msgctl, SYS_msgget, SYS_msgrcv, SYS_msgsnd, SYS_pidfd_open,
    SYS_pidfd_send_signal, SYS_process_mrelease, SYS_remap_file_pages, SYS_removexattr, SYS_sched_rr_get_interval,
    SYS_sched_setattr, SYS_sched_setparam, SYS_sched_setscheduler, SYS_semctl, SYS_semget, SYS_semop, SYS_semtimedop,
    SYS_set_mempolicy, SYS_set_mempolicy_home_node, SYS_setfsgid, SYS_setfsuid, SYS_setgid, SYS_setgroups, SYS_setpgid,
    SYS_setregid, SYS_setresgid, SYS_setresuid, SYS_setreuid, SYS_setsid, SYS_setuid, SYS_setxattr, SYS_shmat,
    SYS_shmctl, SYS_shmdt, SYS_shmget, SYS_sync, SYS_syncfs, SYS_vmsplice, nr_fchmodat2};

// Reach into other processes: for debuggers only.
constexpr std::uint32_t debugging[] = {
    SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise, SYS_process_vm_readv, SYS_process_vm_writev, SYS_ptrace};

// EPERM: programs that ask for these expect that they may not have them.
constexpr std::uint32_t administering[] = {
#ifdef __x86_64__
    // what only this processor has
    SYS__sysctl, SYS_create_module, SYS_get_kernel_syms, SYS_ioperm, SYS_iopl, SYS_query_module, SYS_modify_ldt,
    SYS_sysfs, SYS_uselib, SYS_ustat,
#endif
    // mounts, modules, keys, clocks, namespaces, tracing
    SYS_acct, SYS_add_key, SYS_adjtimex, SYS_bpf, SYS_chroot, SYS_clock_adjtime, SYS_clock_settime, SYS_delete_module,
    SYS_fanotify_init, SYS_fanotify_mark, SYS_finit_module, SYS_fsconfig, SYS_fsmount, SYS_fsopen, SYS_fspick,
    SYS_init_module, SYS_io_uring_enter, SYS_io_uring_register, SYS_io_uring_setup, SYS_kexec_file_load, SYS_kexec_load,
    SYS_keyctl, SYS_lookup_dcookie, SYS_migrate_pages, SYS_mount, SYS_mount_setattr, SYS_move_mount, SYS_move_pages,
    SYS_name_to_handle_at, SYS_nfsservctl, SYS_open_by_handle_at, SYS_open_tree, SYS_perf_event_open, SYS_pivot_root,
    SYS_quotactl, SYS_quotactl_fd, SYS_reboot, SYS_request_key, SYS_setdomainname, SYS_sethostname, SYS_setns,
    SYS_settimeofday, SYS_swapoff, SYS_swapon, SYS_syslog, SYS_umount2, SYS_userfaultfd, SYS_vhangup};

struct Plain {
  std::uint32_t number;
  Action action;
};

template <std::size_t Size>
struct List {
  const std::uint32_t (&numbers)[Size];
  Action action;
};
template <std::size_t Size>
List(const std::uint32_t (&)[Size], Action) -> List<Size>;

// The lists as one, sorted by the compiler, so that a profile costs no sorting.
template <std::size_t... Sizes>
constexpr auto sorted(const List<Sizes>&... lists) {
  std::array<Plain, (Sizes + ...)> all{};
  std::size_t count = 0;
  const auto add = [&](std::span<const std::uint32_t> numbers, Action action) {
    for (const std::uint32_t number : numbers) all[count++] = {number, action};
  };
  (add(lists.numbers, lists.action), ...);
  std::sort(all.begin(), all.end(), [](const Plain& a, const Plain& b) { return a.number < b.number; });
  return all;
}

constexpr Action forbidden = refuse(EPERM);
constexpr auto default_calls =
    sorted(List{computing, allow}, List{ordinary, allow}, List{debugging, forbidden}, List{administering, forbidden});
constexpr auto debugger_calls =
    sorted(List{computing, allow}, List{ordinary, allow}, List{debugging, allow}, List{administering, forbidden});
constexpr auto strict_calls = sorted(List{computing, allow});

// What the kernel takes as an int: the lower half of the argument.
constexpr Condition bits(unsigned argument, std::uint32_t mask, std::uint32_t value) {
  return {argument, Compare::masked_equal, value, mask};
}
constexpr Condition is(unsigned argument, std::uint32_t value) {
  return bits(argument, ~std::uint32_t{0}, value);
}

constexpr std::uint32_t clone_newtime = 0x80;  // of unshare; in clone's flags it is a part of the signal's number
constexpr std::uint32_t new_namespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr Call clone_call(std::uint32_t mask, std::uint32_t flags) {
  return {SYS_clone, forbidden, {{{bits(0, mask, flags)}, allow}}};
}
constexpr Call unshare_call() {
  return {SYS_unshare, forbidden, {{{bits(0, new_namespaces | clone_newtime, 0)}, allow}}};
}
constexpr Call clone3_call() {
  return {SYS_clone3, refuse(ENOSYS), {}};
}

// Both type characters into the terminal that a shell outside reads from.
constexpr Call ioctl_call() {
  return {SYS_ioctl, allow, {{{is(1, TIOCSTI)}, forbidden}, {{is(1, TIOCLINUX)}, forbidden}}};
}

// A lease on a file stops whoever opens it outside, until its holder gives it up or 45 s are over; it can be taken by
// the owner of a file that is mounted read-only.
constexpr Call fcntl_call() {
  return {SYS_fcntl, allow, {{{is(1, F_SETLEASE)}, forbidden}}};
}

// Other families are where a module is loaded for the asking, or where there is no network namespace (AF_VSOCK,
// AF_ALG).
constexpr Call socket_call(bool with_routes) {
  Call call{SYS_socket, forbidden, {{{is(0, AF_UNIX)}, allow}, {{is(0, AF_INET)}, allow}, {{is(0, AF_INET6)}, allow}}};
  constexpr std::uint32_t netlink_route = 0;
  if (with_routes) call.rules.push_back({{is(0, AF_NETLINK), is(2, netlink_route)}, allow});
  return call;
}
constexpr Call socketpair_call() {
  return {SYS_socketpair, forbidden, {{{is(0, AF_UNIX)}, allow}}};
}

constexpr Call personality_call(bool no_randomisation) {
  constexpr std::uint32_t query = 0xffffffff;
  Call call{SYS_personality, forbidden, {}};
  for (const std::uint32_t persona : {std::uint32_t{PER_LINUX}, query, std::uint32_t{PER_LINUX32},
                                      std::uint32_t{UNAME26}, std::uint32_t{PER_LINUX32} | std::uint32_t{UNAME26}})
    call.rules.push_back({{is(0, persona)}, allow});
  if (no_randomisation) call.rules.push_back({{is(0, ADDR_NO_RANDOMIZE)}, allow});
  return call;
}

constexpr Call mknod_call(std::uint32_t number, unsigned mode_argument) {
  return {number,
          allow,
          {{{bits(mode_argument, S_IFMT, S_IFCHR)}, forbidden}, {{bits(mode_argument, S_IFMT, S_IFBLK)}, forbidden}}};
}

constexpr std::vector<Call> merge(std::span<const Plain> plain, std::vector<Call> others) {
  std::sort(others.begin(), others.end(), [](const Call& a, const Call& b) { return a.number < b.number; });
  std::vector<Call> calls;
  calls.reserve(plain.size() + others.size());
  auto other = others.begin();
  for (const Plain& call : plain) {
    while (other != others.end() && other->number < call.number) calls.push_back(std::move(*other++));
    calls.push_back({call.number, call.action, {}});
  }
  calls.insert(calls.end(), std::make_move_iterator(other), std::make_move_iterator(others.end()));
  return calls;
}

constexpr Policy make_default(const ProfileOptions& options) {
  std::vector<Call> others{
      clone_call(new_namespaces, 0),
      clone3_call(),
      unshare_call(),
      fcntl_call(),
      ioctl_call(),
      socket_call(true),
      socketpair_call(),
      personality_call(options.allow_ptrace),
      mknod_call(SYS_mknodat, 2),
  };
#ifdef __x86_64__
  others.push_back(mknod_call(SYS_mknod, 1));
#endif
  const std::span<const Plain> plain = options.allow_ptrace ? std::span<const Plain>(debugger_calls) : default_calls;
  return {refuse(ENOSYS), refuse(ENOSYS), newest_known, merge(plain, std::move(others))};
}

// A profile that needs nothing from the caller, as the compiler has made it.
template <Policy (*make)()>
constexpr auto compiled() {
  constexpr std::size_t size = compile(make()).program.size();
  std::array<sock_filter, size> program{};
  const Filter filter = compile(make());
  std::copy(filter.program.begin(), filter.program.end(), program.begin());
  return program;
}

constexpr Policy plain_default() {
  return make_default({});
}
constexpr auto default_program = compiled<plain_default>();

}  // namespace

Policy default_profile(const ProfileOptions& options) {
  return make_default(options);
}

std::span<const sock_filter> default_filter() {
  return default_program;
}

Policy strict_profile() {
  return {forbidden, refuse(ENOSYS), newest_known,
          merge(strict_calls, {clone_call(new_namespaces | CLONE_THREAD, CLONE_THREAD), clone3_call(), fcntl_call(),
                               ioctl_call(), socket_call(false), socketpair_call()})};
}

}  // namespace fn::sandbox::seccomp
