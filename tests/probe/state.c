// SPDX-License-Identifier: Apache-2.0
#include "escape.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// A list of names for the detail of a line.
struct list {
  unsigned count;
  bool full;
  char text[400];
};

static void add(struct list* list, const char* name) {
  const size_t used = strlen(list->text);
  ++list->count;
  if (list->full) return;
  list->full = used + strlen(name) + 5 > sizeof list->text;
  snprintf(list->text + used, sizeof list->text - used, "%s%s", used ? " " : "", list->full ? ".." : name);
}

// The start of a file; empty if it can't be read.
static const char* contents(const char* path) {
  static char text[8192];
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[size < 0 ? 0 : size] = '\0';
  return text;
}

static bool is_device(const struct stat* status, unsigned major_number, unsigned minor_number) {
  return S_ISCHR(status->st_mode) && status->st_rdev == makedev(major_number, minor_number);
}

static void check_descriptors(void) {
  struct list open_ones = {0};
  for (int fd = 3; fd < 65536; ++fd) {
    char name[16];
    snprintf(name, sizeof name, "%d", fd);
    if (fcntl(fd, F_GETFD) >= 0) add(&open_ones, name);
  }
  report("fds", open_ones.count == 0, "open beyond 2: %u %s", open_ones.count, open_ones.text);
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) report("fds-directory", false, "fd %d is a directory", fd);
  }
}

static void check_credentials(void) {
  static const char* const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  static const char* const names[] = {"caps-inheritable", "caps-permitted", "caps-effective", "caps-bounding",
                                      "caps-ambient"};
  char status[8192];
  snprintf(status, sizeof status, "%.8191s", contents("/proc/self/status"));
  for (unsigned i = 0; i < 5; ++i) {
    const char* line = strstr(status, sets[i]);
    const unsigned long long set = line ? strtoull(line + 7, NULL, 16) : ~0ULL;
    report(names[i], set == 0, "%016llx", set);
  }
  const char* line = strstr(status, "NoNewPrivs:");
  report("no-new-privs", line && atoi(line + 11) == 1, "%d", line ? atoi(line + 11) : -1);
  line = strstr(status, "\nSeccomp:");
  report("seccomp", line && atoi(line + 9) == 2, "mode %d", line ? atoi(line + 9) : -1);
  gid_t groups[256];
  const int count = getgroups(256, groups);
  struct list others = {0};
  for (int i = 0; i < count; ++i) {
    char name[16];
    snprintf(name, sizeof name, "%u", groups[i]);
    if (groups[i] != getegid() && groups[i] != 65534) add(&others, name);
  }
  report("groups", count >= 0 && others.count == 0, "besides the process's own: %u %s", others.count, others.text);
}

static void check_cwd(void) {
  char path[4096] = "";
  struct stat named = {0}, here = {0};
  // The system call, since libc may walk up by itself; "(unreachable)/.." is outside (CVE-2024-21626).
  const bool found = syscall(SYS_getcwd, path, sizeof path) > 0 && path[0] == '/';
  const bool same = found && stat(path, &named) == 0 && stat(".", &here) == 0 && named.st_ino == here.st_ino &&
                    named.st_dev == here.st_dev;
  report("cwd", same, "%s", path);
}

static bool is_listed(const char* list, const char* name) {
  const size_t length = strlen(name);
  for (const char* at = list; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') ++at;
    if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ',')) return true;
  }
  return false;
}

// One that a process in it may make groups in, or whose files it may write (CVE-2022-0492).
static bool is_writable_cgroup(const char* mount_point) {
  static const char* const files[] = {"cgroup.procs", "release_agent", "notify_on_release"};
  char path[4200];
  snprintf(path, sizeof path, "%s/fn-escape-probe", mount_point);
  if (mkdir(path, 0700) == 0) {
    rmdir(path);
    return true;
  }
  for (unsigned i = 0; i < sizeof files / sizeof *files; ++i) {
    snprintf(path, sizeof path, "%s/%s", mount_point, files[i]);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
      close(fd);
      return true;
    }
  }
  return false;
}

// proc(5), mountinfo: "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS .. - TYPE SOURCE OPTIONS"
static void check_mounts(void) {
  struct list unexpected = {0}, cgroups = {0};
  FILE* file = fopen("/proc/self/mountinfo", "re");
  char line[8192];
  unsigned count = 0;
  while (file && fgets(line, sizeof line, file)) {
    char point[4096] = "", type[64] = "";
    const char* end = strstr(line, " - ");
    if (sscanf(line, "%*d %*d %*s %*s %4095s", point) != 1 || !end || sscanf(end + 3, "%63s", type) != 1) continue;
    ++count;
    if (!outside.mounts || !is_listed(outside.mounts, point)) add(&unexpected, point);
    if (strncmp(type, "cgroup", 6) == 0 && is_writable_cgroup(point)) add(&cgroups, point);
  }
  if (file) fclose(file);
  if (outside.mounts)
    report("mounts", count > 0 && unexpected.count == 0, "%u, beyond the list: %s", count, unexpected.text);
  else
    report("mounts", count > 0, "not compared: %s", unexpected.text);
  report("cgroup-write", cgroups.count == 0, "writable: %u %s", cgroups.count, cgroups.text);
}

static void check_processes(void) {
  DIR* proc = opendir("/proc");
  unsigned count = 0;
  for (const struct dirent* entry; proc && (entry = readdir(proc));)
    if (isdigit((unsigned char)entry->d_name[0])) ++count;
  if (proc) closedir(proc);
  char first[64], self[32] = "";
  snprintf(first, sizeof first, "%.63s", contents("/proc/1/comm"));
  first[strcspn(first, "\n")] = '\0';
  report("pids", count >= 1 && count <= 16, "%u, the first is '%s'", count, first);
  report("pids-kernel", strncmp(contents("/proc/2/comm"), "kthreadd", 8) != 0, "pid 2");
  const ssize_t length = readlink("/proc/self", self, sizeof self - 1);
  report("pids-own-proc", length > 0 && atoi(self) == getpid(), "pid %d, in /proc %s", getpid(), self);
}

static struct list strange_nodes;

static int visit_node(const char* path, const struct stat* status, int type, struct FTW* place) {
  static const char* const usual[] = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"};
  (void)type;
  (void)place;
  if (!S_ISCHR(status->st_mode) && !S_ISBLK(status->st_mode)) return 0;
  if (strncmp(path, "/dev/pts/", 9) == 0 && S_ISCHR(status->st_mode)) return 0;
  for (unsigned i = 0; i < sizeof usual / sizeof *usual; ++i)
    if (S_ISCHR(status->st_mode) && strcmp(path + 5, usual[i]) == 0) return 0;
  add(&strange_nodes, path);
  return 0;
}

static void check_devices(void) {
  static const struct {
    const char* path;
    unsigned major_number, minor_number;
  } nodes[] = {
      {"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7}, {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}};
  nftw("/dev", visit_node, 16, FTW_PHYS);
  report("dev-nodes", strange_nodes.count == 0, "beyond the list: %u %s", strange_nodes.count, strange_nodes.text);
  struct list wrong = {0};
  for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; ++i) {
    struct stat status;
    // A link or file in its place is what masks made with it would lead to (CVE-2025-31133).
    if (lstat(nodes[i].path, &status) != 0 || !is_device(&status, nodes[i].major_number, nodes[i].minor_number))
      add(&wrong, nodes[i].path);
  }
  report("dev-genuine", wrong.count == 0, "not the device of that name: %u %s", wrong.count, wrong.text);
}

// Nothing to read there: absent, refused, empty, or /dev/null in its place.
static void check_unreadable(void) {
  static const char* const paths[] = {"/proc/kcore",       "/proc/keys",        "/proc/kmsg",
                                      "/proc/timer_list",  "/proc/sched_debug", "/proc/latency_stats",
                                      "/proc/vmallocinfo", "/proc/slabinfo",    "/proc/kpagecount",
                                      "/proc/iomem",       "/proc/ioports",     "/proc/self/pagemap"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    char name[64];
    snprintf(name, sizeof name, "read%s", paths[i]);
    for (char* slash = name; (slash = strchr(slash, '/'));) *slash = '-';
    unsigned char bytes[4096];
    const int fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    // Of the page map, the entry of a page that is there.
    const bool map = strcmp(paths[i], "/proc/self/pagemap") == 0;
    if (map) bytes[0] = 1;
    const off_t from = (off_t)((uintptr_t)bytes / (uintptr_t)sysconf(_SC_PAGESIZE) * 8);
    const ssize_t size = fd < 0 ? -1 : map ? pread(fd, bytes, 8, from) : read(fd, bytes, sizeof bytes);
    const int error = errno;
    if (fd >= 0) close(fd);
    // Without privileges these two are readable with every address and frame as zero.
    if (strcmp(paths[i], "/proc/iomem") == 0 || strcmp(paths[i], "/proc/ioports") == 0) {
      const bool zero = size <= 0 || memcmp(bytes, "00000000-00000000", 17) == 0 || memcmp(bytes, "0000-0000", 9) == 0;
      report(name, zero, "%s", zero ? "no addresses" : "addresses");
    } else if (map) {
      const bool frames = size == 8 && (bytes[0] | bytes[1] | bytes[2] | bytes[3]) != 0;
      report(name, !frames, "%s", frames ? "frame numbers" : "no frame numbers");
    } else {
      report(name, size <= 0, "%s", size > 0 ? "readable" : fd < 0 ? strerror(error) : "empty");
    }
  }
  const char* symbols = contents("/proc/kallsyms");
  report("kernel-addresses", strspn(symbols, "0") >= 8 || *symbols == '\0', "%.16s", symbols);
}

static bool is_empty_directory(const char* path) {
  DIR* directory = opendir(path);
  unsigned count = 0;
  for (const struct dirent* entry; directory && (entry = readdir(directory));) ++count;
  if (directory) closedir(directory);
  return count <= 2;
}

static void check_hidden_directories(void) {
  static const char* const paths[] = {"/proc/acpi",        "/proc/scsi",          "/sys/firmware",
                                      "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security",
                                      "/sys/fs/bpf",       "/lost+found"};
  struct list seen = {0};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i)
    if (!is_empty_directory(paths[i])) add(&seen, paths[i]);
  report("hidden-directories", seen.count == 0, "with entries: %u %s", seen.count, seen.text);
}

// A daemon that starts containers, or the machine's bus, does for its client what the client may not.
static void check_host_sockets(void) {
  static const char* const paths[] = {
      "/run/docker.sock",    "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
      "/run/crio/crio.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"};
  struct list seen = {0};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i)
    if (access(paths[i], F_OK) == 0) add(&seen, paths[i]);
  report("host-sockets", seen.count == 0, "there: %u %s", seen.count, seen.text);
}

static struct list writable;

// Opens for writing and writes nothing. A mask (/dev/null in its place) may be opened.
static void try_writing(const char* path) {
  struct stat status;
  const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return;
  if (fstat(fd, &status) != 0 || !is_device(&status, 1, 3)) add(&writable, path);
  close(fd);
}

static int visit_setting(const char* path, const struct stat* status, int type, struct FTW* place) {
  (void)status;
  (void)place;
  // Of mode 666; the kernel asks for a capability when it is written.
  if (type == FTW_F && strcmp(path, "/proc/sys/kernel/ns_last_pid") != 0) try_writing(path);
  return 0;
}

static void check_unwritable(void) {
  static const char* const paths[] = {"/proc/sysrq-trigger",
                                      "/proc/irq/default_smp_affinity",
                                      "/proc/mtrr",
                                      "/proc/sys/kernel/core_pattern",
                                      "/proc/sys/kernel/modprobe",
                                      "/proc/sys/kernel/hotplug",
                                      "/proc/sys/kernel/poweroff_cmd",
                                      "/proc/sys/kernel/yama/ptrace_scope",
                                      "/proc/sys/fs/binfmt_misc/register",
                                      "/proc/sys/fs/binfmt_misc/status",
                                      "/sys/kernel/uevent_helper",
                                      "/sys/kernel/profiling",
                                      "/sys/kernel/mm/transparent_hugepage/enabled",
                                      "/sys/power/state",
                                      "/sys/devices/system/cpu/microcode/reload"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    char name[80];
    snprintf(name, sizeof name, "write%s", paths[i]);
    for (char* slash = name; (slash = strchr(slash, '/'));) *slash = '-';
    const unsigned before = writable.count;
    try_writing(paths[i]);
    report(name, writable.count == before, "%s", writable.count == before ? "refused" : "opened for writing");
  }
  memset(&writable, 0, sizeof writable);
  nftw("/proc/sys", visit_setting, 16, FTW_PHYS);
  report("write-proc-sys", writable.count == 0, "writable settings: %u %s", writable.count, writable.text);
}

void check_state(void) {
  check_descriptors();  // before anything else opens one
  check_credentials();
  check_cwd();
  check_mounts();
  check_processes();
  check_devices();
  check_unreadable();
  check_hidden_directories();
  check_host_sockets();
  check_unwritable();
}
