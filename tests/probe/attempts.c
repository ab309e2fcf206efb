// SPDX-License-Identifier: Apache-2.0
// Each attempt returns 0 if it got through, else the errno of the refusal. It runs in a child, so that what it gains is
// gone with it. Arguments are valid ones, so that the answer is about permission.
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Not an error: there is nothing to try it on.
enum { not_tried = 255 };

static int result(long value) {
  return value < 0 ? errno : 0;
}

static int opens(const char* path, int flags) {
  return result(open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600));
}

// A directory that can be written to, or NULL.
static const char* scratch(void) {
  static const char* const places[] = {"/tmp", "/dev/shm", "/run", "/var/tmp", "/"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; ++i)
    if (access(places[i], W_OK) == 0) return places[i];
  return NULL;
}

static const char* in_scratch(const char* name) {
  static char path[64];
  if (scratch() == NULL) return NULL;
  snprintf(path, sizeof path, "%s/fn-escape-%s-%d", scratch(), name, getpid());
  return path;
}

// --- mounts and roots

static int try_mount(const char* type) {
  const char* place = scratch() ? scratch() : "/";
  const int error = result(mount("none", place, type, 0, NULL));
  if (error == 0) umount2(place, MNT_DETACH);
  return error;
}
static int try_mount_tmpfs(void) {
  return try_mount("tmpfs");
}
static int try_mount_proc(void) {
  return try_mount("proc");
}
static int try_remount_writable(void) {
  return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}
static int try_umount(void) {
  return result(umount2("/proc", MNT_DETACH));
}
static int try_fsopen(void) {
  return result(syscall(SYS_fsopen, "tmpfs", 1));
}
static int try_open_tree(void) {
  return result(syscall(SYS_open_tree, AT_FDCWD, "/", 1U));
}  // OPEN_TREE_CLONE
static int try_pivot_root(void) {
  return result(syscall(SYS_pivot_root, ".", "."));
}
static int try_swapon(void) {
  const int error = result(syscall(SYS_swapon, "/nowhere", 0));
  return error == ENOENT ? 0 : error;
}

// A second root below the first makes ".." of the first lead out (chroot(2)).
static int try_chroot(void) {
  return result(chroot(scratch() ? scratch() : "/"));
}

static int try_mknod(mode_t type, dev_t device) {
  const char* path = in_scratch("node");
  if (path == NULL) return not_tried;
  const int error = result(mknod(path, type | 0600, device));
  if (error == 0) unlink(path);
  return error;
}
static int try_mknod_char(void) {
  return try_mknod(S_IFCHR, makedev(1, 1));
}
static int try_mknod_block(void) {
  return try_mknod(S_IFBLK, makedev(8, 0));
}

static int try_open_by_handle(void) {
  struct {
    struct file_handle handle;
    unsigned char bytes[128];
  } root = {.handle = {.handle_bytes = 128}};
  int mount_id = 0;
  if (name_to_handle_at(AT_FDCWD, "/", &root.handle, &mount_id, 0) != 0) return errno;
  return result(open_by_handle_at(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &root.handle, O_RDONLY));
}

// --- namespaces

static int try_unshare_user(void) {
  return result(unshare(CLONE_NEWUSER));
}
static int try_unshare_mount(void) {
  return result(unshare(CLONE_NEWNS));
}
static int try_unshare_net(void) {
  return result(unshare(CLONE_NEWNET));
}

static int try_clone_user(void) {
  const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) _exit(0);
  return result(child);
}

static int try_clone3_user(void) {
  struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) _exit(0);
  return result(child);
}

static int try_setns(void) {
  const int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? errno : result(setns(fd, 0));
}

static int try_uid_map(void) {
  const int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  return fd < 0 ? errno : result(write(fd, "0 0 4294967295\n", 15));
}

// --- other processes. In a process that is the first of its namespace there is no other before it.

static bool first;  // this program is pid 1

static int try_ptrace_init(void) {
  return first ? not_tried : result(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static int try_process_vm(void) {
  char byte = 0;
  struct iovec here = {&byte, 1}, there = {(void*)&byte, 1};
  if (first) return not_tried;
  const int error = result(process_vm_readv(1, &here, 1, &there, 1, 0));
  return error == EFAULT ? 0 : error;  // an address that is not there: all doors before it were open
}

static int try_pidfd_getfd(void) {
  if (first) return not_tried;
  const int process = (int)syscall(SYS_pidfd_open, 1, 0);
  const int error = process < 0 ? errno : result(syscall(SYS_pidfd_getfd, process, 0, 0));
  return error == EBADF ? 0 : error;
}

// A link of the first process to a directory. To one that can be reached by its name as well it is no way out.
static int try_init_link(const char* link) {
  char name[4096] = "";
  struct stat there, here;
  if (stat(link, &there) != 0 || readlink(link, name, sizeof name - 1) < 0) return errno;
  const bool same = stat(name, &here) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino;
  return same ? not_tried : 0;
}
static int try_init_root(void) {
  return try_init_link("/proc/1/root");
}
static int try_init_cwd(void) {
  return try_init_link("/proc/1/cwd");
}
static int try_init_mem(void) {
  return first ? not_tried : opens("/proc/1/mem", O_RDONLY);
}
// That the directory can be listed tells numbers; what counts is whether one of them leads anywhere.
static int try_init_fd(void) {
  int error = ENOENT;
  if (first) return not_tried;
  for (int fd = 0; fd < 64 && error != 0; ++fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/1/fd/%d", fd);
    const int one = opens(path, O_PATH);
    if (one != ENOENT) error = one;
  }
  return error;
}

static int try_init_environ(void) {
  char byte = 0;
  if (first) return not_tried;
  const int fd = open("/proc/1/environ", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t size = read(fd, &byte, 1);
  return size > 0 ? 0 : size == 0 ? not_tried : errno;
}

// CVE-2019-5736: the runtime's own program. Busy is no refusal, since it will not be busy for ever; but the kernel says
// that before it looks whether the mount is read-only, so ask again in a way that does.
static int try_write_exe(const char* path) {
  const int error = opens(path, O_WRONLY);
  return error == ETXTBSY ? result(access(path, W_OK)) : error;
}
static int try_self_exe(void) {
  return try_write_exe("/proc/self/exe");
}
static int try_init_exe(void) {
  return first ? not_tried : try_write_exe("/proc/1/exe");
}

// A descriptor that was opened for reading, opened anew for writing.
static int try_reopen(void) {
  char path[64];
  const int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return fd < 0 ? errno : try_write_exe(path);
}

// CVE-2024-21626: a directory outside behind a number that was not closed.
static int try_fd_directories(void) {
  for (int fd = 0; fd < 256; ++fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (chdir(path) == 0) return 0;
  }
  return ENOENT;
}

static int try_signal_outside(void) {
  return outside.pid == 0 ? not_tried : result(kill((pid_t)outside.pid, 0));
}

static int try_lower_oom_score(void) {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  return fd < 0 ? errno : result(write(fd, "-1000", 5));
}

static int try_real_time(void) {
  const struct sched_param priority = {.sched_priority = 1};
  return result(sched_setscheduler(0, SCHED_FIFO, &priority));
}

// --- the terminal

// Types a letter into a terminal of its own, as it would into the one it was started from (CVE-2017-5226).
static int try_tiocsti(void) {
  char name[32];
  int number = 0, unlocked = 0;
  const int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ioctl(master, TIOCGPTN, &number) != 0 || ioctl(master, TIOCSPTLCK, &unlocked) != 0)
    return isatty(0) ? result(ioctl(0, TIOCSTI, "x")) : not_tried;
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  setsid();
  signal(SIGHUP, SIG_IGN);  // where no process can be made this one has the terminal, and goes on after its end
  const int slave = open(name, O_RDWR | O_CLOEXEC);
  if (slave < 0) return not_tried;
  ioctl(slave, TIOCSCTTY, 0);
  return result(ioctl(slave, TIOCSTI, "x"));
}

// The same request with a bit above the kernel's int, which a filter on 64 bits lets through (CVE-2019-10063).
static int try_tiocsti_high(void) {
  const int error = result(syscall(SYS_ioctl, 0, TIOCSTI | 1UL << 32, "x"));
  return error == ENOTTY ? not_tried : error;
}

// --- what most kernel exploits begin with

static int try_keyctl(void) {
  return result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0));
}
static int try_add_key(void) {
  return result(syscall(SYS_add_key, "user", "fn-escape", "x", 1, KEY_SPEC_PROCESS_KEYRING));
}
static int try_request_key(void) {
  const int error = result(syscall(SYS_request_key, "user", "fn-escape", NULL, 0));
  return error == ENOKEY ? 0 : error;
}
static int try_bpf(void) {
  uint32_t attributes[32] = {2, 4, 4, 1};  // BPF_MAP_TYPE_ARRAY with one value
  return result(syscall(SYS_bpf, 0, attributes, sizeof attributes));
}
static int try_perf(void) {
  uint32_t attributes[32] = {1, sizeof attributes, 9};  // PERF_COUNT_SW_DUMMY
  attributes[10] = 3U << 5;                             // exclude_kernel, exclude_hv
  return result(syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
}
static int try_io_uring(void) {
  uint32_t parameters[30] = {0};
  return result(syscall(SYS_io_uring_setup, 1, parameters));
}
static int try_userfaultfd(void) {
  return result(syscall(SYS_userfaultfd, 1));
}  // UFFD_USER_MODE_ONLY
static int try_personality(void) {
  return result(personality(READ_IMPLIES_EXEC));
}
static int try_syslog(void) {
  char text[64];
  return result(syscall(SYS_syslog, 3, text, sizeof text));
}
#ifdef __x86_64__
static int try_modify_ldt(void) {
  uint32_t entry[4] = {0};
  return result(syscall(SYS_modify_ldt, 1, entry, sizeof entry));
}
static int try_iopl(void) {
  return result(syscall(SYS_iopl, 3));
}
static int try_x32(void) {
  return result(syscall(0x40000000 | SYS_getpid));
}
static int try_i386(void) {
  long answer = 20;  // getpid
  __asm__ volatile("int $0x80" : "+a"(answer) : : "memory", "r8", "r9", "r10", "r11");
  return answer == getpid() ? 0 : ENOSYS;
}
#endif

// --- the machine

static int try_kexec(void) {
  return result(syscall(SYS_kexec_load, 0, 0, NULL, 0));
}
static int try_kexec_file(void) {
  const int error = result(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0));
  return error == EBADF ? 0 : error;
}
static int try_init_module(void) {
  const int error = result(syscall(SYS_init_module, "", 0, ""));
  return error == ENOEXEC ? 0 : error;
}
static int try_finit_module(void) {
  const int error = result(syscall(SYS_finit_module, -1, "", 0));
  return error == EBADF ? 0 : error;
}
static int try_delete_module(void) {
  const int error = result(syscall(SYS_delete_module, "fn_escape_probe", O_NONBLOCK));
  return error == ENOENT ? 0 : error;
}
// Without a valid command: the kernel asks for the right first.
static int try_reboot(void) {
  return result(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x0f0f0f0f, NULL));
}
static int try_settimeofday(void) {
  struct timeval now;
  gettimeofday(&now, NULL);
  return result(settimeofday(&now, NULL));
}
static int try_clock_settime(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return result(clock_settime(CLOCK_REALTIME, &now));
}
static int try_sethostname(void) {
  struct utsname names;
  uname(&names);
  return result(sethostname(names.nodename, strlen(names.nodename)));
}
static int try_acct(void) {
  const int error = result(syscall(SYS_acct, "/nowhere"));
  return error == ENOENT ? 0 : error;
}

// --- sockets

static int try_raw_socket(void) {
  return result(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}
static int try_packet_socket(void) {
  return result(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}
static int try_vsock(void) {
  return result(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}
static int try_alg(void) {
  return result(socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}
static int try_netfilter(void) {
  return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
}

static int try_abstract_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (outside.abstract == NULL) return not_tried;
  const size_t length = strlen(outside.abstract);
  if (length + 1 > sizeof address.sun_path) return not_tried;
  memcpy(address.sun_path + 1, outside.abstract, length);
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  return result(connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr*)&address, size));
}

// --- privileges

static int try_capset(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } all[2] = {{~0U, ~0U, 0}, {0x1ff, 0x1ff, 0}};
  return result(syscall(SYS_capset, &header, all));
}

// One that is not mapped into the user namespace is EINVAL.
static int try_other_user(void) {
  const int error = result(setresuid(getuid() + 1, getuid() + 1, getuid() + 1));
  return error == EINVAL ? EPERM : error;
}

// The program runs as the owner of its file, if the bit counts.
static int try_setuid_program(void) {
  int ends[2];
  char text[32] = "";
  if (outside.setuid == NULL) return not_tried;
  if (pipe(ends) != 0) return not_tried;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    execl(outside.setuid, outside.setuid, "-u", NULL);
    _exit(127);
  }
  close(ends[1]);
  const ssize_t size = read(ends[0], text, sizeof text - 1);
  waitpid(child, NULL, 0);
  return size > 0 && (unsigned)atol(text) != geteuid() ? 0 : EPERM;
}

static const struct {
  const char* name;
  int (*body)(void);
  bool fatal;  // the right answer may be to kill the process
} attempts[] = {
    {"mount-tmpfs", try_mount_tmpfs, false},
    {"mount-proc", try_mount_proc, false},
    {"fsopen", try_fsopen, false},
    {"open-tree", try_open_tree, false},
    {"chroot", try_chroot, false},
    {"swapon", try_swapon, false},
    {"mknod-char", try_mknod_char, false},
    {"mknod-block", try_mknod_block, false},
    {"open-by-handle", try_open_by_handle, false},
    {"unshare-user", try_unshare_user, false},
    {"unshare-mount", try_unshare_mount, false},
    {"unshare-net", try_unshare_net, false},
    {"clone-user", try_clone_user, false},
    {"clone3-user", try_clone3_user, false},
    {"setns", try_setns, false},
    {"uid-map", try_uid_map, false},
    {"ptrace-init", try_ptrace_init, false},
    {"process-vm-init", try_process_vm, false},
    {"pidfd-getfd-init", try_pidfd_getfd, false},
    {"init-root", try_init_root, false},
    {"init-cwd", try_init_cwd, false},
    {"init-mem", try_init_mem, false},
    {"init-fd", try_init_fd, false},
    {"init-environ", try_init_environ, false},
    {"init-exe-write", try_init_exe, false},
    {"self-exe-write", try_self_exe, false},
    {"self-fd-reopen", try_reopen, false},
    {"self-fd-directories", try_fd_directories, false},
    {"signal-outside", try_signal_outside, false},
    {"oom-score", try_lower_oom_score, false},
    {"real-time", try_real_time, false},
    {"tiocsti", try_tiocsti, false},
    {"tiocsti-high-bits", try_tiocsti_high, false},
    {"keyctl", try_keyctl, false},
    {"add-key", try_add_key, false},
    {"request-key", try_request_key, false},
    {"bpf", try_bpf, false},
    {"perf-event", try_perf, false},
    {"io-uring", try_io_uring, false},
    {"userfaultfd", try_userfaultfd, false},
    {"personality", try_personality, false},
    {"syslog", try_syslog, false},
#ifdef __x86_64__
    {"modify-ldt", try_modify_ldt, false},
    {"iopl", try_iopl, false},
    {"abi-x32", try_x32, true},
    {"abi-i386", try_i386, true},
#endif
    {"kexec", try_kexec, false},
    {"kexec-file", try_kexec_file, false},
    {"init-module", try_init_module, false},
    {"finit-module", try_finit_module, false},
    {"delete-module", try_delete_module, false},
    {"reboot", try_reboot, false},
    {"settimeofday", try_settimeofday, false},
    {"clock-settime", try_clock_settime, false},
    {"sethostname", try_sethostname, false},
    {"acct", try_acct, false},
    {"raw-socket", try_raw_socket, false},
    {"packet-socket", try_packet_socket, false},
    {"vsock", try_vsock, false},
    {"alg-socket", try_alg, false},
    {"netfilter-socket", try_netfilter, false},
    {"abstract-socket", try_abstract_socket, false},
    {"capset", try_capset, false},
    {"other-user", try_other_user, false},
    {"setuid-program", try_setuid_program, false},
    // If these get through, those after them find another file system.
    {"remount-writable", try_remount_writable, false},
    {"umount", try_umount, false},
    {"pivot-root", try_pivot_root, false},
};

// Errors that say no, or that there is nothing there. Others come from behind the door that should be shut.
static bool is_refusal(int error) {
  static const int refusals[] = {EPERM,           EACCES,     ENOSYS, EROFS,        ENOENT,
                                 ESRCH,           ENODEV,     ENXIO,  EAFNOSUPPORT, ESOCKTNOSUPPORT,
                                 EPROTONOSUPPORT, EOPNOTSUPP, EIO,    ECONNREFUSED};
  for (unsigned i = 0; i < sizeof refusals / sizeof *refusals; ++i)
    if (refusals[i] == error) return true;
  return false;
}

static void report_attempt(const char* name, int error) {
  if (error == not_tried)
    report(name, true, "nothing to try");
  else
    report(name, is_refusal(error), "%s", error == 0 ? "done" : strerror(error));
}

void check_attempts(void) {
  first = getpid() == 1;
  for (unsigned i = 0; i < sizeof attempts / sizeof *attempts; ++i) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
      alarm(5);
      _exit(attempts[i].body());
    }
    if (child < 0 && attempts[i].fatal) {
      report(attempts[i].name, true, "nothing to try: no child to lose");
    } else if (child < 0) {
      // A sandbox that starts no second process: in this one, which must not keep what the last attempt opened.
      syscall(SYS_close_range, 3U, ~0U, 0U);
      report_attempt(attempts[i].name, attempts[i].body());
    } else if (waitpid(child, &status, 0) == child && WIFSIGNALED(status)) {
      const bool killed = WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV;
      report(attempts[i].name, killed, "ended by signal %d", WTERMSIG(status));
    } else {
      report_attempt(attempts[i].name, WEXITSTATUS(status));
    }
  }
}
